#include "examples/totebox-cpp/sheet.h"

#include <chrono>
#include <sstream>

#include <kj/debug.h>

using capability::Authority;
using capability::refuse;

int64_t clockMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Sheet::Sheet(const std::string &entity, std::istream &csv)
{
    using rows::word, rows::decimal, rows::whole, rows::marked;
    rows::Cell now = whole(clockMs()), none = marked(rows::notApplicable);
    entities[entity] = {word(entity),   word("company"), word("USD"),
                        word("active"), word("own"),     now};
    for (std::string line; std::getline(csv, line);) {
        std::string f[9], key = entity;
        std::istringstream fields(line);
        for (auto &field : f)
            KJ_REQUIRE(bool(std::getline(fields, field, ',')), "a line of nine fields",
                       line);
        for (int part : {0, 1, 4})
            key += "|" + f[part];
        key += "|own|" + f[5] + "|";
        metrics[key] = {
            word(f[0]),  word(f[1]), decimal(f[2]), decimal(f[3]), word(f[4]),
            word("own"), word(f[5]), word(""),      word(f[6]),    decimal(f[7]),
            none,        none,       whole(1),      word(f[8]),    now};
    }
}

void Sheet::check(const Authority &by, kj::StringPtr view) const
{
    if (clockMs() >= by.endsMs())
        refuse("expired", "the grant's window is over");
    if (view != "entity" && view != "metric")
        refuse("unknown", "no such view");
    if (!by.seesView(view))
        refuse("denied", "the view is not permitted");
}

void Sheet::write(const Authority &by, const std::string &name,
                  psp::Batch::Builder to) const
{
    const rows::View &view = *rows::viewByName(name);
    std::vector<rows::Named> named;
    for (auto &row : name == "entity" ? entities : metrics)
        if (by.seesRow(view.name, row.first.c_str()))
            named.push_back({&row.first, &row.second});
    rows::writeBatch(
        to, view, named,
        [&](const rows::Column &column) {
            return by.seesColumn(view.name, column.name);
        },
        [&](const std::string &key, const rows::Column &column) {
            return by.seesCell(view.name, key.c_str(), column.name);
        });
    to.setRevision(1);
    to.setAsOfMs(clockMs());
}

void Sheet::describe(const Authority &by, psp::Grant::DescribeResults::Builder to) const
{
    std::vector<const rows::View *> seen;
    for (auto view : {&rows::entity, &rows::metric})
        if (by.seesView(view->name))
            seen.push_back(view);
    auto list = to.initViews(static_cast<unsigned>(seen.size()));
    for (unsigned i = 0; i < list.size(); i++) {
        list[i].setName(seen[i]->name);
        rows::writeColumns(
            list[i].initColumns(static_cast<unsigned>(seen[i]->columns.size())),
            *seen[i]);
    }
}
