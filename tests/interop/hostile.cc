// hostile.cc - an archive that has nothing good in mind.
//
//   hostile ENTITY DEVICE         lets each connection get as far as a live stream,
//   then
//                                 sends one message that it should not; says "ready
//                                 PORT AUTHORITY" and obeys on standard input
//   hostile frames SEED COUNT     the same messages on standard output, each behind its
//                                 length (u32) and kind (u32)
#include <cstdio>
#include <cstring>
#include <sstream>

#include <signal.h>

#include "tests/interop/duel.h"
#include "tests/interop/mint.h"
#include "tests/interop/rpc_noise.h"

namespace
{

using duel::Bytes, duel::framed, duel::joined, duel::message, duel::Root, duel::words;

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

struct Attacker : duel::Enemy {
    using Enemy::Enemy;
    Noise noise;
    uint64_t seed = 1, attacks = 0, limit = 0;
    std::string probeWords[2];
};

class Brawl final : public duel::Duel
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
    Brawl(Attacker &ours, kj::Own<kj::AsyncIoStream> socket, kj::WaitScope &waits)
        : Duel(ours, ours.context, kj::mv(socket), waits), attacker(ours)
    {
    }

    void fight()
    {
        stream.handshake().wait(scope);
        if (!goLive()) // it asks for nothing by itself now
            return;
        while (attacker.attacks >= attacker.limit) // peace: the caller says nothing
            enemy.io.provider->getTimer().afterDelay(20 * kj::MILLISECONDS).wait(scope);
        uint64_t number = attacker.attacks++;
        if (number % 6 == 5)
            attack(crafted(number / 6 % craftedCount, waiting.front()), 0xffff, number);
        else
            attackByNoise(number);
    }

  private:
    void attackByNoise(uint64_t number)
    {
        capnp::MallocMessageBuilder built;
        if (!attacker.noise.fill(built, number % attacker.noise.targets(),
                                 attacker.seed + number))
            attacker.counts["missed"]++;
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
        std::string &known = attacker.probeWords[which];
        if (known.empty()) { // learn what is said of the probe alone
            attacker.attacks--;
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
        if (slowly)
            sendByteByByte(bytes);
        else
            send(bytes);
        while (receive()) {
            auto said = this->said();
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

    Attacker &attacker;
};

int writeFrames(uint64_t seed, uint64_t count)
{
    Noise noise;
    for (uint64_t i = 0; i < count; i++) {
        capnp::MallocMessageBuilder built;
        noise.fill(built, i % noise.targets(), seed + i);
        uint32_t head[2] = {0, Brawl::kindOf(built)};
        Bytes frame = i % 6 == 5 ? crafted(i / 6 % craftedCount, 3) : framed(built);
        head[0] = static_cast<uint32_t>(frame.size());
        if (i % 6 == 5)
            head[1] = 0xffff;
        std::fwrite(head, sizeof head, 1, stdout);
        std::fwrite(frame.begin(), 1, frame.size(), stdout);
    }
    return std::fflush(stdout) == 0 ? 0 : 1;
}

std::string obey(Attacker &enemy, const std::string &line)
{
    std::istringstream order(line);
    std::string word;
    order >> word;
    if (word == "attack")
        order >> enemy.seed >> enemy.limit;
    return "ok" + duel::tell(enemy) + " attacks=" + std::to_string(enemy.attacks) +
           " targets=" + std::to_string(enemy.noise.targets());
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
    Attacker enemy(argv[1], io, mint::fromHex(argv[2]));
    duel::run(
        enemy,
        [&](kj::Own<kj::AsyncIoStream> socket, kj::WaitScope &scope) {
            Brawl(enemy, kj::mv(socket), scope).fight();
        },
        [&](const std::string &line) { return obey(enemy, line); });
}
