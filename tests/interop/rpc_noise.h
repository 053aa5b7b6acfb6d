// rpc_noise.h - random messages of rpc.capnp that carry those of psp.capnp, by their
// schemas: every member of every union of both is a target, and for each union two
// discriminants that no schema has.
#pragma once

#include <random>
#include <vector>

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/rpc.capnp.h>

class Noise
{
  public:
    Noise();
    size_t targets() const
    {
        return all.size();
    }
    // A message that holds target number `target`, and else is random by `seed`. False:
    // chance did not lead there.
    bool fill(capnp::MallocMessageBuilder &message, size_t target, uint64_t seed);

  private:
    struct Target {
        capnp::StructSchema where;
        uint16_t discriminant; // may be one that there is not
    };
    void collect(capnp::StructSchema schema);
    void structure(capnp::DynamicStruct::Builder to, int depth);
    void member(capnp::DynamicStruct::Builder to, capnp::StructSchema::Field field,
                int depth);
    void list(capnp::DynamicList::Builder to, int depth);
    void pointer(capnp::AnyPointer::Builder to, int depth);
    capnp::DynamicValue::Reader number(capnp::Type type);
    uint64_t below(uint64_t bound)
    {
        return random() % bound;
    }

    std::vector<Target> all;
    std::vector<capnp::StructSchema> contents; // parameters and results of every method
    std::vector<std::vector<uint64_t>> within; // ids of the schemas inside each of them
    std::vector<uint64_t> known;               // ids of the schemas collected
    std::mt19937_64 random;
    const Target *wanted = nullptr;
    bool isThere = false;
    uint8_t bytes[64] = {};
};
