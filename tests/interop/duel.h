// duel.h - one connection of an archive that builds its messages itself, up to the
// point at which the caller has a live stream and waits for what comes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>

#include <capnp/rpc.capnp.h>
#include <capnp/serialize-async.h>
#include <capnp/serialize.h>
#include <kj/debug.h>

#include "examples/totebox-cpp/tls.h"
#include "psp.capnp.h"

namespace duel
{

using Root = capnp::rpc::Message;
using Bytes = kj::Array<kj::byte>;
using Content = capnp::AnyPointer::Builder;

Bytes framed(capnp::MessageBuilder &message);
Bytes words(std::initializer_list<uint64_t> list);
template <typename Fill> Bytes message(Fill fill)
{
    capnp::MallocMessageBuilder built;
    fill(built.initRoot<Root>());
    return framed(built);
}
Bytes joined(std::initializer_list<const Bytes *> parts);

// What all connections of one archive share.
struct Enemy {
    Enemy(const std::string &id, kj::AsyncIoContext &loop, const tls::Hash &deviceKey)
        : entity(id), io(loop), key(tls::newKey()), device(deviceKey),
          context(tls::newContext(key, tls::SERVER))
    {
    }
    std::string entity;
    kj::AsyncIoContext &io;
    tls::Key key;
    tls::Hash device;
    tls::Context context;
    std::map<std::string, uint64_t> counts;
};

// In a fiber of its own.  The archive is object 0, its grant 1, its watch 2.
class Duel
{
  public:
    Duel(Enemy &ours, const tls::Context &context, kj::Own<kj::AsyncIoStream> socket,
         kj::WaitScope &waits)
        : enemy(ours), scope(waits),
          stream(context, tls::SERVER, kj::mv(socket), [](auto &) { return true; })
    {
    }
    virtual ~Duel() = default;

    // The next message; false when the connection ended, or nothing came for 10 s.
    bool receive();
    Root::Reader said()
    {
        return received->getRoot<Root>();
    }
    // Answers one message; false when the caller asks for what this archive does not
    // have.
    virtual bool serve(Root::Reader asked);
    // Serves until the caller waits with its whole credit.
    bool goLive();

    // Answers with results that `fill` writes; a capability in them is our object `id`.
    template <typename Fill> void answer(uint32_t question, uint32_t id, Fill fill)
    {
        capnp::MallocMessageBuilder built;
        capnp::BuilderCapabilityTable table;
        auto back = table.imbue(built.initRoot<Root>()).initReturn();
        back.setAnswerId(question);
        auto payload = back.initResults();
        fill(payload.getContent());
        if (table.getTable().size()) {
            auto descriptor = payload.initCapTable(1)[0];
            if (id == 2 && watchIsPromise)
                descriptor.setSenderPromise(id);
            else
                descriptor.setSenderHosted(id);
        }
        send(framed(built));
    }
    void send(const Bytes &bytes);
    void sendByteByByte(const Bytes &bytes);

    Enemy &enemy;
    kj::WaitScope &scope;
    tls::Stream stream;
    kj::Own<capnp::MessageReader> received;
    std::deque<uint32_t> waiting; // next() calls, after the one that got the snapshot
    uint64_t seq = 0;
    bool watchIsPromise = false;

  private:
    void givePairing(uint32_t question);
    void giveSnapshot(uint32_t question);
};

// The snapshot of this archive: its entity row, as the Change of a delta.
void writeEntity(psp::Change::Builder change, const std::string &entity,
                 const std::string &name = "Enemy");

// Listens, says "ready PORT AUTHORITY", gives each connection to `admit` in a fiber,
// and answers each line of standard input with what `obey` says.
using Admit = std::function<void(kj::Own<kj::AsyncIoStream>, kj::WaitScope &)>;
using Obey = std::function<std::string(const std::string &line)>;
[[noreturn]] void run(Enemy &enemy, Admit admit, Obey obey);
// " name=count" for all that was counted.
std::string tell(const Enemy &enemy);

} // namespace duel
