// rows.h - rows of a view, and how they become a Batch.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "psp.capnp.h"

namespace rows
{

__extension__ typedef __int128 Wide;

enum class Type { text, integer, decimal, time };
struct Column {
    const char *name;
    Type type;
};
struct View {
    const char *name;
    std::vector<Column> columns;
};
extern const View entity, own, metric;
const View *viewByName(const std::string &name); // or nullptr

// value = number * 10^-scale; a marked cell has no value, and the mark says why.
struct Cell {
    std::string text{};
    Wide number = 0;
    uint8_t scale = 0;
    uint8_t mark = 0;
};
Cell word(std::string text);
Cell whole(int64_t number);
Cell decimal(const std::string &text); // "-12.50"
Cell marked(uint8_t mark);
enum Mark : uint8_t { notApplicable = 1, notPermitted = 3, notKnown = 4 };

// The cells of a row in the order of the view's columns; the key names the row.
using Row = std::vector<Cell>;
struct Named {
    const std::string *key;
    const Row *row;
};

// Which columns are sent at all, and which cells of them are visible.
using SeesColumn = std::function<bool(const Column &column)>;
using SeesCell = std::function<bool(const std::string &key, const Column &column)>;

void writeColumns(capnp::List<psp::ColumnInfo>::Builder to, const View &view);
void writeBatch(psp::Batch::Builder to, const View &view,
                const std::vector<Named> &named, const SeesColumn &seesColumn,
                const SeesCell &seesCell);

} // namespace rows
