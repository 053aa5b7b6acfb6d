#include "examples/totebox-cpp/rows.h"

#include <algorithm>

namespace rows
{

const View entity = {"entity",
                     {{"name", Type::text},
                      {"kind", Type::text},
                      {"cur", Type::text},
                      {"lifecycle", Type::text},
                      {"parent_scope", Type::text},
                      {"as_of", Type::time}}};
const View own = {"own",
                  {{"owned", Type::text},
                   {"from", Type::integer},
                   {"to", Type::integer},
                   {"econ_num", Type::integer},
                   {"econ_den", Type::integer},
                   {"method", Type::text}}};
const View metric = {"metric",
                     {{"key", Type::text},
                      {"period", Type::text},
                      {"start", Type::integer},
                      {"end", Type::integer},
                      {"scenario", Type::text},
                      {"basis", Type::text},
                      {"unit", Type::text},
                      {"cp", Type::text},
                      {"nature", Type::text},
                      {"value", Type::decimal},
                      {"num", Type::decimal},
                      {"den", Type::decimal},
                      {"n", Type::integer},
                      {"quality", Type::text},
                      {"as_of", Type::time}}};

const View *viewByName(const std::string &name)
{
    for (const View *view : {&entity, &own, &metric})
        if (name == view->name)
            return view;
    return nullptr;
}

Cell word(std::string text)
{
    Cell cell;
    cell.text = std::move(text);
    return cell;
}

Cell whole(int64_t number)
{
    Cell cell;
    cell.number = number;
    return cell;
}

Cell marked(uint8_t mark)
{
    Cell cell;
    cell.mark = mark;
    return cell;
}

Cell decimal(const std::string &text)
{
    Cell cell;
    bool fraction = false;
    for (char c : text) {
        if (c == '.')
            fraction = true;
        if (c < '0' || c > '9')
            continue;
        cell.number = cell.number * 10 + (c - '0');
        cell.scale = static_cast<uint8_t>(cell.scale + fraction);
    }
    if (!text.empty() && text[0] == '-')
        cell.number = -cell.number;
    return cell;
}

namespace
{

psp::ColumnInfo::Type wireType(Type type)
{
    switch (type) {
    case Type::text:
        return psp::ColumnInfo::Type::TEXT;
    case Type::integer:
        return psp::ColumnInfo::Type::INT;
    case Type::decimal:
        return psp::ColumnInfo::Type::DECIMAL;
    case Type::time:
        return psp::ColumnInfo::Type::TIME_MS;
    }
    return psp::ColumnInfo::Type::UNKNOWN;
}

// All cells of a decimal column have one scale, and one width, in a batch.
void writeDecimals(psp::Column::Builder to, const std::vector<Cell> &cells)
{
    uint8_t scale = 0;
    bool isWide = false;
    std::vector<Wide> numbers;
    for (const Cell &cell : cells)
        scale = std::max(scale, cell.scale);
    for (const Cell &cell : cells) {
        Wide number = cell.number;
        for (int i = cell.scale; i < scale; i++)
            number *= 10;
        isWide = isWide || number != static_cast<int64_t>(number);
        numbers.push_back(number);
    }
    to.getInfo().setScale(scale);
    auto count = static_cast<unsigned>(numbers.size());
    auto list = isWide ? to.initWides(2 * count) : to.initDecimals(count);
    for (unsigned i = 0; i < count; i++) {
        if (!isWide)
            list.set(i, static_cast<int64_t>(numbers[i]));
        else {
            list.set(2 * i, static_cast<int64_t>(numbers[i]));
            list.set(2 * i + 1, static_cast<int64_t>(numbers[i] >> 64));
        }
    }
}

void writeColumn(psp::Column::Builder to, Type type, const std::vector<Cell> &cells)
{
    auto count = static_cast<unsigned>(cells.size());
    if (type == Type::decimal) {
        writeDecimals(to, cells);
    } else if (type == Type::text) {
        auto texts = to.initTexts(count);
        for (unsigned i = 0; i < count; i++)
            texts.set(i, cells[i].text.c_str());
    } else {
        auto ints = to.initInts(count);
        for (unsigned i = 0; i < count; i++)
            ints.set(i, static_cast<int64_t>(cells[i].number));
    }
    if (std::none_of(cells.begin(), cells.end(), [](const Cell &c) { return c.mark; }))
        return;
    auto marks = to.initMarks(count);
    for (unsigned i = 0; i < count; i++)
        marks.set(i, cells[i].mark);
}

} // namespace

void writeColumns(capnp::List<psp::ColumnInfo>::Builder to, const View &view)
{
    for (unsigned i = 0; i < to.size(); i++) {
        to[i].setName(view.columns[i].name);
        to[i].setType(wireType(view.columns[i].type));
    }
}

void writeBatch(psp::Batch::Builder to, const View &view,
                const std::vector<Named> &named, const SeesColumn &seesColumn,
                const SeesCell &seesCell)
{
    auto count = static_cast<unsigned>(named.size());
    to.setView(view.name);
    to.setRowCount(count);
    auto keys = to.initKeys(count);
    for (unsigned i = 0; i < count; i++)
        keys.set(i, named[i].key->c_str());
    std::vector<size_t> sent;
    for (size_t c = 0; c < view.columns.size(); c++)
        if (seesColumn(view.columns[c]))
            sent.push_back(c);
    auto columns = to.initColumns(static_cast<unsigned>(sent.size()));
    for (unsigned i = 0; i < columns.size(); i++) {
        const Column &column = view.columns[sent[i]];
        std::vector<Cell> cells;
        for (const Named &one : named)
            cells.push_back(seesCell(*one.key, column) ? (*one.row)[sent[i]]
                                                       : marked(notPermitted));
        columns[i].initInfo().setName(column.name);
        columns[i].getInfo().setType(wireType(column.type));
        writeColumn(columns[i], column.type, cells);
    }
}

} // namespace rows
