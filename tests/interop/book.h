// book.h - the rows of the C++ Totebox, with every version that they ever had.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "examples/totebox-cpp/rows.h"

// A change is staged until commit() gives all that is staged one revision.
class Book
{
  public:
    using Name = std::pair<std::string, std::string>; // view, key

    void set(const std::string &view, const std::string &key, rows::Row row);
    void erase(const std::string &view, const std::string &key);
    void commit(int64_t clockMs);

    uint64_t revision() const
    {
        return commits.size();
    }
    int64_t committedMs() const
    {
        return commits.empty() ? 0 : commits.back();
    }
    // The newest revision at or before an instant; 0: none.
    uint64_t revisionAt(int64_t instantMs) const;
    // A row as it stood, or nullptr; the rows of a view in the order of their keys.
    const rows::Row *at(const Name &name, uint64_t revision) const;
    std::vector<rows::Named> rowsOf(const std::string &view, uint64_t revision) const;
    std::vector<Name> changedSince(uint64_t revision) const;

  private:
    struct Version {
        uint64_t revision;
        std::optional<rows::Row> row;
    };
    std::map<Name, std::vector<Version>> history;
    std::vector<int64_t> commits; // when revision 1, 2, ... was committed
};
