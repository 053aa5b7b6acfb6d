#include "tests/interop/book.h"

void Book::set(const std::string &view, const std::string &key, rows::Row row)
{
    history[{view, key}].push_back({commits.size() + 1, std::move(row)});
}

void Book::erase(const std::string &view, const std::string &key)
{
    history[{view, key}].push_back({commits.size() + 1, std::nullopt});
}

void Book::commit(int64_t clockMs)
{
    commits.push_back(clockMs);
}

uint64_t Book::revisionAt(int64_t instantMs) const
{
    uint64_t revision = 0;
    while (revision < commits.size() && commits[revision] <= instantMs)
        revision++;
    return revision;
}

const rows::Row *Book::at(const Name &name, uint64_t revision) const
{
    const rows::Row *found = nullptr;
    auto versions = history.find(name);
    if (versions == history.end())
        return nullptr;
    for (const Version &version : versions->second)
        if (version.revision <= revision)
            found = version.row ? &*version.row : nullptr;
    return found;
}

std::vector<rows::Named> Book::rowsOf(const std::string &view, uint64_t revision) const
{
    std::vector<rows::Named> found;
    for (auto &entry : history)
        if (entry.first.first == view)
            if (const rows::Row *row = at(entry.first, revision))
                found.push_back({&entry.first.second, row});
    return found;
}

std::vector<Book::Name> Book::changedSince(uint64_t revision) const
{
    std::vector<Name> names;
    for (auto &entry : history)
        if (entry.second.back().revision > revision &&
            entry.second.back().revision <= commits.size())
            names.push_back(entry.first);
    return names;
}
