// hostile.cc - an archive that has nothing good in mind.
//
//   hostile ENTITY DEVICE         lets each connection get as far as a live stream,
//   then
//                                 sends one message that it should not; says "ready
//                                 PORT AUTHORITY" and obeys on standard input
//   hostile frames SEED COUNT     the same messages on standard output, each behind its
//                                 length (u32) and kind (u32)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>
#include <sstream>

#include <capnp/rpc.capnp.h>
#include <capnp/serialize-async.h>
#include <capnp/serialize.h>
#include <kj/debug.h>
#include <signal.h>

#include "examples/totebox-cpp/rows.h"
#include "examples/totebox-cpp/tls.h"
#include "psp.capnp.h"
#include "tests/interop/mint.h"
#include "tests/interop/rpc_noise.h"

namespace
{

using Root = capnp::rpc::Message;
using Bytes = kj::Array<kj::byte>;

int64_t clockMs()
{
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Bytes framed(capnp::MallocMessageBuilder &message)
{
    auto words = capnp::messageToFlatArray(message);
    return kj::heapArray<kj::byte>(words.asBytes());
}

Bytes words(std::initializer_list<uint64_t> list)
{
    auto bytes = kj::heapArray<kj::byte>(list.size() * 8);
    memcpy(bytes.begin(), list.begin(), bytes.size());
    return bytes;
}

template <typename Fill> Bytes message(Fill fill)
{
    capnp::MallocMessageBuilder built;
    fill(built.initRoot<Root>());
    return framed(built);
}

Bytes joined(std::initializer_list<const Bytes *> parts)
{
    kj::Vector<kj::byte> all;
    for (auto part : parts)
        all.addAll(*part);
    return all.releaseAsArray();
}

// Messages that no schema makes, and answers to what was not asked.  Each of them must
// end the connection.
Bytes crafted(size_t which, uint32_t question)
{
    auto answer = [=](uint32_t id) {
        return message([=](Root::Builder root) {
            auto back = root.initReturn();
            back.setAnswerId(id);
            back.initResults().getContent().initAsAnyStruct(0, 1);
        });
    };
    Bytes unknown = answer(200), known = answer(question);
    switch (which) {
    case 0: // 2^32 segments
        return words({0x00000001ffffffff, 0});
    case 1: // a segment of 2^32-1 words
        return words({0xffffffff00000000, 0});
    case 2: // no words at all
        return words({0});
    case 3: // 2 MiB announced: over what a caller takes
        return words({uint64_t(262144) << 32});
    case 4: // a far pointer to itself
        return words({uint64_t(1) << 32, 0x0000000000000002});
    case 5: // a struct that lies outside
        return words({uint64_t(1) << 32, 0x0001000100000ffc});
    case 6: // a Return whose body is a list of 2^29-1 elements of no size
        return words({uint64_t(4) << 32, 0x0001000100000000, 3, 0xfffffff800000001, 0});
    case 7: // an answer to a question that is not out
        return kj::mv(unknown);
    case 8: // the same answer twice
        return joined({&known, &known});
    case 9: // a canceled Return of a question that nobody canceled
        return message([=](Root::Builder root) {
            root.initReturn().setAnswerId(question);
            root.getReturn().setCanceled();
        });
    case 10: // nine capabilities
        return message([=](Root::Builder root) {
            auto back = root.initReturn();
            back.setAnswerId(question);
            back.initResults().initCapTable(9);
        });
    case 11: // a good word first, a bad one right behind it
        return joined({&known, &unknown});
    default: // a far pointer into a segment that is not there
        return words({uint64_t(1) << 32, 0x0000000700000002});
    }
}
constexpr size_t craftedCount = 13;

struct Enemy {
    Enemy(const std::string &id, kj::Timer &clock, const tls::Hash &deviceKey)
        : entity(id), timer(clock), key(tls::newKey()), device(deviceKey),
          context(tls::newContext(key, tls::SERVER))
    {
    }
    std::string entity;
    kj::Timer &timer;
    tls::Key key;
    tls::Hash device;
    tls::Context context;
    Noise noise;
    uint64_t seed = 1, attacks = 0, limit = 0;
    std::map<std::string, uint64_t> counts;
    std::string probeWords[2];
};

// One connection, in a fiber of its own.
class Duel
{
  public:
    // The discriminant of Message, as it was sent.
    static uint16_t kindOf(capnp::MallocMessageBuilder &built)
    {
        uint16_t kind;
        auto data = built.getRoot<capnp::AnyStruct>().getDataSection();
        memcpy(&kind, data.begin(), sizeof kind);
        return kind;
    }
    Duel(Enemy &ours, kj::Own<kj::AsyncIoStream> socket, kj::WaitScope &waits)
        : enemy(ours), scope(waits),
          stream(ours.context, tls::SERVER, kj::mv(socket), [](auto &) { return true; })
    {
    }

    void fight()
    {
        stream.handshake().wait(scope);
        while (waiting.size() <
               2) // its whole credit: it asks for nothing by itself now
            if (!receive() || !serve(received->getRoot<Root>()))
                return;
        if (enemy.attacks >= enemy.limit) { // peace: stay until the other one leaves
            while (receive())
                serve(received->getRoot<Root>());
            return;
        }
        uint64_t number = enemy.attacks++;
        if (number % 6 == 5)
            attack(crafted(number / 6 % craftedCount, waiting.front()), 0xffff, number);
        else
            attackByNoise(number);
    }

  private:
    bool receive()
    {
        auto late = enemy.timer.afterDelay(10 * kj::SECONDS).then([this]() {
            enemy.counts["stuck"]++;
            return kj::Maybe<kj::Own<capnp::MessageReader>>();
        });
        auto read = capnp::tryReadMessage(stream);
        try {
            KJ_IF_MAYBE (got, read.exclusiveJoin(kj::mv(late)).wait(scope)) {
                received = kj::mv(*got);
                return true;
            }
        } catch (const kj::Exception &) {
            // A connection that is reset has ended.
        }
        return false;
    }

    void attackByNoise(uint64_t number)
    {
        capnp::MallocMessageBuilder built;
        enemy.noise.fill(built, number % enemy.noise.targets(), enemy.seed + number);
        Bytes bytes = framed(built);
        attack(kj::mv(bytes), kindOf(built), number);
    }

    // Sends the message, sometimes byte by byte, and right behind it one that surely
    // ends the connection, so that no timer has to tell whether the first one did.
    void attack(Bytes bytes, uint16_t kind, uint64_t number)
    {
        size_t which = kind == Root::BOOTSTRAP;
        Bytes probe = message([=](Root::Builder root) {
            if (which)
                root.initFinish();
            else
                root.initBootstrap();
        });
        std::string &known = enemy.probeWords[which];
        if (known.empty()) { // learn what is said of the probe alone
            enemy.attacks--;
            known = lastWords(joined({&probe}), false, 0xffff);
            return;
        }
        std::string said = lastWords(joined({&bytes, &probe}), number % 11 == 3, kind);
        std::string what = kind == 0xffff ? "crafted" : std::to_string(kind);
        if (said == known)
            enemy.counts["took-" + what]++;
        else
            enemy.counts[(said.empty() ? "closed-" : "aborted-") + what]++;
    }

    // The reason of the Abort that came back, or nothing.
    std::string lastWords(Bytes bytes, bool slowly, uint16_t kind)
    {
        std::string words;
        try {
            if (slowly)
                for (kj::byte byte : bytes)
                    stream.write(&byte, 1).wait(scope);
            else
                stream.write(bytes.begin(), bytes.size()).wait(scope);
        } catch (const kj::Exception &) {
            // It has closed before all was written.
        }
        while (receive()) {
            auto said = received->getRoot<Root>();
            if (said.isAbort())
                words = said.getAbort().getReason().cStr();
            judge(said, kind);
        }
        return words;
    }

    // After an answer a caller may ask on; after anything else it may only give back,
    // finish, or abort.
    void judge(Root::Reader said, uint16_t kind)
    {
        bool isAnswer = kind == Root::RETURN || kind == 0xffff;
        switch (said.which()) {
        case Root::FINISH:
        case Root::RELEASE:
        case Root::ABORT:
            return;
        case Root::CALL:
            if (isAnswer &&
                said.getCall().getInterfaceId() != capnp::typeId<psp::Commander>())
                return;
            break;
        default:
            break;
        }
        enemy.counts["forbidden"]++;
        enemy.counts["forbidden-" + std::to_string(uint16_t(said.which())) + "-after-" +
                     std::to_string(kind)]++;
    }

    // Answers with results that `fill` writes; a capability in them is our object `id`.
    template <typename Fill> void answer(uint32_t question, uint32_t id, Fill fill)
    {
        capnp::MallocMessageBuilder built;
        capnp::BuilderCapabilityTable table;
        auto back = table.imbue(built.initRoot<Root>()).initReturn();
        back.setAnswerId(question);
        auto payload = back.initResults();
        fill(payload.getContent());
        if (table.getTable().size())
            payload.initCapTable(1)[0].setSenderHosted(id);
        capnp::writeMessage(stream, built).wait(scope);
    }
    // What stands for our object in a message: its descriptor says the rest.
    static kj::Own<capnp::ClientHook> object()
    {
        return capnp::newBrokenCap("ours");
    }

    // False: the other end asked for what this archive does not have.
    bool serve(Root::Reader asked);
    void givePairing(uint32_t question);
    void giveSnapshot(uint32_t question);

    Enemy &enemy;
    kj::WaitScope &scope;
    tls::Stream stream;
    kj::Own<capnp::MessageReader> received;
    std::deque<uint32_t> waiting; // next() calls, after the one that got the snapshot
    bool shown = false;
};

bool Duel::serve(Root::Reader asked)
{
    using Content = capnp::AnyPointer::Builder;
    if (asked.isBootstrap()) {
        answer(asked.getBootstrap().getQuestionId(), 0, [](Content content) {
            content.setAs<psp::Totebox>(psp::Totebox::Client(object()));
        });
        return true;
    }
    if (!asked.isCall())
        return asked.isFinish() || asked.isRelease();
    auto call = asked.getCall();
    uint32_t question = call.getQuestionId();
    if (call.getInterfaceId() == capnp::typeId<psp::Watch>()) {
        if (shown)
            waiting.push_back(question);
        else
            giveSnapshot(question);
        shown = true;
    } else if (call.getInterfaceId() == capnp::typeId<psp::Grant>()) {
        answer(question, 2, [](Content content) {
            content.initAs<psp::Grant::WatchResults>().setWatch(
                psp::Watch::Client(object()));
        });
    } else if (call.getMethodId() == 3) {
        givePairing(question);
    } else if (call.getMethodId() == 1) {
        answer(question, 1, [](Content content) {
            tls::Hash link{};
            auto results = content.initAs<psp::Totebox::PresentResults>();
            results.setGrant(psp::Grant::Client(object()));
            results.initInfo().setLinkId(tls::bytes(link));
            results.getInfo().setClockMs(clockMs());
            results.getInfo().setNotAfter(clockMs() + 3600000);
        });
    } else {
        return false;
    }
    return true;
}

void Duel::givePairing(uint32_t question)
{
    answer(question, 0, [this](capnp::AnyPointer::Builder content) {
        capnp::MallocMessageBuilder scratch;
        auto link = mint::link(scratch, tls::publicKey(enemy.key), clockMs() - 60000,
                               clockMs() + 86400000);
        link.setDepth(2);
        link.setEpoch(1);
        mint::delegate(link, enemy.device);
        mint::scopeAll(link);
        mint::append(content.initAs<psp::Totebox::PairingResults>().initToken(),
                     enemy.key, {link});
    });
}

void Duel::giveSnapshot(uint32_t question)
{
    answer(question, 0, [this](capnp::AnyPointer::Builder content) {
        auto delta = content.initAs<psp::Watch::NextResults>().initDelta();
        delta.setSeq(1);
        delta.setKind(psp::Delta::Kind::SNAPSHOT_END);
        delta.setRevision(1);
        rows::Row row = {rows::word("Enemy"), rows::word("company"),
                         rows::word("USD"),   rows::word("active"),
                         rows::word("own"),   rows::whole(clockMs())};
        auto batch = delta.initChanges(1)[0].initUpserts();
        rows::writeBatch(
            batch, rows::entity, {{&enemy.entity, &row}}, [](auto &) { return true; },
            [](auto &, auto &) { return true; });
        batch.setRevision(1);
    });
}

// --- orders ------------------------------------------------------------------------

class Desk final : public kj::TaskSet::ErrorHandler
{
  public:
    explicit Desk(Enemy &ours) : enemy(ours), tasks(*this)
    {
    }
    void admit(kj::Own<kj::AsyncIoStream> socket)
    {
        enemy.counts["dials"]++;
        tasks.add(kj::startFiber(
            256 * 1024, [this, socket = kj::mv(socket)](kj::WaitScope &scope) mutable {
                Duel(enemy, kj::mv(socket), scope).fight();
            }));
    }
    std::string obey(const std::string &line)
    {
        std::istringstream order(line);
        std::string word, said = "ok";
        order >> word;
        if (word == "attack")
            order >> enemy.seed >> enemy.limit;
        for (auto &count : enemy.counts)
            said += " " + count.first + "=" + std::to_string(count.second);
        return said + " attacks=" + std::to_string(enemy.attacks) +
               " targets=" + std::to_string(enemy.noise.targets()) +
               " failure=" + lastFailure;
    }

  private:
    void taskFailed(kj::Exception &&exception) override
    {
        enemy.counts["failures"]++;
        lastFailure = exception.getDescription().cStr();
    }
    Enemy &enemy;
    kj::TaskSet tasks;
    std::string lastFailure;
};

kj::Promise<void> acceptAll(kj::ConnectionReceiver &receiver, Desk &desk)
{
    return receiver.accept().then([&](kj::Own<kj::AsyncIoStream> socket) {
        desk.admit(kj::mv(socket));
        return acceptAll(receiver, desk);
    });
}

void readOrders(kj::AsyncInputStream &input, Desk &desk, kj::WaitScope &scope)
{
    std::string line;
    char c;
    while (input.tryRead(&c, 1, 1).wait(scope) == 1) {
        if (c != '\n') {
            line += c;
            continue;
        }
        std::cout << desk.obey(line) << std::endl;
        line.clear();
    }
}

int writeFrames(uint64_t seed, uint64_t count)
{
    Noise noise;
    for (uint64_t i = 0; i < count; i++) {
        capnp::MallocMessageBuilder built;
        noise.fill(built, i % noise.targets(), seed + i);
        uint32_t head[2] = {0, Duel::kindOf(built)};
        Bytes frame = i % 6 == 5 ? crafted(i / 6 % craftedCount, 3) : framed(built);
        head[0] = static_cast<uint32_t>(frame.size());
        if (i % 6 == 5)
            head[1] = 0xffff;
        std::fwrite(head, sizeof head, 1, stdout);
        std::fwrite(frame.begin(), 1, frame.size(), stdout);
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 4 && std::string(argv[1]) == "frames")
        return writeFrames(std::stoull(argv[2]), std::stoull(argv[3]));
    if (argc != 3)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    auto io = kj::setupAsyncIo();
    Enemy enemy(argv[1], io.provider->getTimer(), mint::fromHex(argv[2]));
    Desk desk(enemy);
    auto receiver = io.provider->getNetwork()
                        .parseAddress("127.0.0.1", 0)
                        .wait(io.waitScope)
                        ->listen();
    auto accepting = acceptAll(*receiver, desk).eagerlyEvaluate(nullptr);
    auto input = io.lowLevelProvider->wrapInputFd(0);
    std::cout << "ready " << receiver->getPort() << " "
              << mint::toHex(tls::publicKey(enemy.key)) << std::endl;
    readOrders(*input, desk, io.waitScope);
    std::_Exit(0); // connections still fight
}
