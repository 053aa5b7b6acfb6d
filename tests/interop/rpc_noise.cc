#include "tests/interop/rpc_noise.h"

#include <algorithm>
#include <cstring>

#include "psp.capnp.h"

using capnp::DynamicStruct;
using capnp::DynamicValue;
using capnp::StructSchema;

Noise::Noise()
{
    collect(capnp::Schema::from<capnp::rpc::Message>());
    for (auto interface :
         {capnp::Schema::from<psp::Totebox>(), capnp::Schema::from<psp::Grant>(),
          capnp::Schema::from<psp::Watch>(), capnp::Schema::from<psp::Commander>()})
        for (auto method : interface.getMethods())
            for (auto content : {method.getResultType(), method.getParamType()}) {
                // What is inside this one alone, and then all that is new of it.
                auto before = known;
                auto targets = all.size();
                known.clear();
                collect(content);
                contents.push_back(content);
                within.push_back(known);
                all.resize(targets);
                known = before;
                collect(content);
            }
}

void Noise::collect(StructSchema schema)
{
    uint64_t id = schema.getProto().getId();
    if (std::count(known.begin(), known.end(), id))
        return;
    known.push_back(id);
    auto members =
        static_cast<uint16_t>(schema.getProto().getStruct().getDiscriminantCount());
    for (uint16_t i = 0; i < members; i++)
        all.push_back({schema, i});
    if (members) {
        all.push_back({schema, members});
        all.push_back({schema, 0xffff});
    }
    for (auto field : schema.getFields()) {
        auto type = field.getType();
        while (type.isList())
            type = type.asList().getElementType();
        if (type.isStruct())
            collect(type.asStruct());
    }
}

bool Noise::fill(capnp::MallocMessageBuilder &message, size_t target, uint64_t seed)
{
    random.seed(seed);
    wanted = &all[target];
    isThere = false;
    // Most random messages do not reach a deep member: try until one does.
    for (int attempt = 0; attempt < 500 && !isThere; attempt++)
        structure(
            message.initRoot<DynamicStruct>(capnp::Schema::from<capnp::rpc::Message>()),
            9);
    return isThere;
}

capnp::DynamicValue::Reader Noise::number(capnp::Type type)
{
    // Ids that are in use are small.
    uint64_t value = below(3) ? below(9) : random();
    switch (type.which()) {
    case capnp::schema::Type::BOOL:
        return (value & 1) != 0;
    case capnp::schema::Type::UINT8:
        return static_cast<uint8_t>(value);
    case capnp::schema::Type::UINT16:
        return static_cast<uint16_t>(value);
    case capnp::schema::Type::UINT32:
        return static_cast<uint32_t>(value);
    case capnp::schema::Type::INT64:
        return static_cast<int64_t>(value);
    case capnp::schema::Type::FLOAT64:
        return static_cast<double>(value);
    default:
        return value;
    }
}

void Noise::pointer(capnp::AnyPointer::Builder to, int depth)
{
    switch (below(6)) {
    case 0:
        return;
    case 1:
        to.setAs<capnp::Data>(capnp::Data::Reader(bytes, below(sizeof bytes)));
        return;
    case 2:
        to.initAsAnyStruct(static_cast<uint16_t>(below(9)),
                           static_cast<uint16_t>(below(9)));
        return;
    default:
        break;
    }
    // One that can hold what is wanted, if there is one.
    size_t which = below(contents.size());
    uint64_t id = wanted->where.getProto().getId();
    for (size_t i = 0; i < contents.size(); i++) {
        auto &inside = within[(which + i) % contents.size()];
        if (std::count(inside.begin(), inside.end(), id)) {
            which = (which + i) % contents.size();
            break;
        }
    }
    structure(to.initAs<DynamicStruct>(contents[which]), depth);
}

void Noise::list(capnp::DynamicList::Builder to, int depth)
{
    auto type = to.getSchema().getElementType();
    for (unsigned i = 0; i < to.size(); i++) {
        if (type.isStruct())
            structure(to[i].as<DynamicStruct>(), depth - 1);
        else if (type.isText())
            to.set(i, capnp::Text::Reader(below(2) ? "EVIL" : "metric"));
        else if (type.isData())
            to.set(i, capnp::Data::Reader(bytes, below(sizeof bytes)));
        else if (!type.isList() && !type.isEnum() && !type.isVoid())
            to.set(i, number(type));
    }
}

void Noise::member(DynamicStruct::Builder to, StructSchema::Field field, int depth)
{
    static const char *const words[] = {
        "",       "metric",  "entity",         "EVIL",
        "EVIL|x", "\x1b[2J", "psp.revoked: x", "psp.busy: x"};
    auto type = field.getType();
    if (type.isStruct() && depth > 0) {
        bool isGroup = field.getProto().isGroup();
        structure(to.init(field).as<DynamicStruct>(), isGroup ? depth : depth - 1);
    } else if (type.isList() && depth > 0) {
        list(to.init(field, static_cast<unsigned>(below(4))).as<capnp::DynamicList>(),
             depth);
    } else if (type.isText()) {
        to.set(field, words[below(sizeof words / sizeof words[0])]);
    } else if (type.isData()) {
        to.set(field, capnp::Data::Reader(bytes, below(sizeof bytes)));
    } else if (type.isEnum()) {
        to.set(field,
               capnp::DynamicEnum(type.asEnum(), static_cast<uint16_t>(below(8))));
    } else if (type.isAnyPointer()) {
        if (depth > 0)
            pointer(to.init(field).as<capnp::AnyPointer>(), depth - 1);
    } else if (type.isVoid()) {
        to.set(field, capnp::VOID);
    } else if (!type.isStruct() && !type.isList() && !type.isInterface()) {
        to.set(field, number(type));
    }
}

void Noise::structure(DynamicStruct::Builder to, int depth)
{
    auto schema = to.getSchema();
    auto node = schema.getProto().getStruct();
    bool isWanted = schema == wanted->where;
    for (auto field : schema.getNonUnionFields())
        if (below(8))
            member(to, field, depth);
    auto members = node.getDiscriminantCount();
    if (members == 0)
        return;
    uint16_t choice =
        isWanted ? wanted->discriminant : static_cast<uint16_t>(below(members));
    uint16_t built = static_cast<uint16_t>(choice < members ? choice : below(members));
    for (auto field : schema.getUnionFields())
        if (field.getProto().getDiscriminantValue() == built)
            member(to, field, depth);
    if (!isWanted)
        return;
    isThere = true;
    if (choice != built) {
        auto data = to.as<capnp::AnyStruct>().getDataSection();
        memcpy(data.begin() + 2 * node.getDiscriminantOffset(), &choice, sizeof choice);
    }
}
