#include "tests/interop/duel.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "examples/totebox-cpp/rows.h"
#include "tests/interop/mint.h"

namespace duel
{

namespace
{

int64_t clockMs()
{
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// What stands for our object in a message: its descriptor says the rest.
kj::Own<capnp::ClientHook> object()
{
    return capnp::newBrokenCap("ours");
}

} // namespace

Bytes framed(capnp::MessageBuilder &message)
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

Bytes joined(std::initializer_list<const Bytes *> parts)
{
    kj::Vector<kj::byte> all;
    for (auto part : parts)
        all.addAll(*part);
    return all.releaseAsArray();
}

bool Duel::receive()
{
    auto late =
        enemy.io.provider->getTimer().afterDelay(10 * kj::SECONDS).then([this]() {
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

void Duel::send(const Bytes &bytes)
{
    try {
        stream.write(bytes.begin(), bytes.size()).wait(scope);
    } catch (const kj::Exception &) {
        // It has closed before all was written.
    }
}

void Duel::sendByteByByte(const Bytes &bytes)
{
    try {
        for (const kj::byte &byte : bytes)
            stream.write(&byte, 1).wait(scope);
    } catch (const kj::Exception &) {
    }
}

bool Duel::goLive()
{
    while (waiting.size() < 2)
        if (!receive() || !serve(said()))
            return false;
    return true;
}

bool Duel::serve(Root::Reader asked)
{
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
        if (seq)
            waiting.push_back(question);
        else
            giveSnapshot(question);
    } else if (call.getInterfaceId() == capnp::typeId<psp::Grant>()) {
        seq = 0;
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
    answer(question, 0, [this](Content content) {
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

void writeEntity(psp::Change::Builder change, const std::string &entity,
                 const std::string &name)
{
    rows::Row row = {rows::word(name),  rows::word("company"),
                     rows::word("USD"), rows::word("active"),
                     rows::word("own"), rows::whole(clockMs())};
    auto batch = change.initUpserts();
    rows::writeBatch(
        batch, rows::entity, {{&entity, &row}}, [](auto &) { return true; },
        [](auto &, auto &) { return true; });
    batch.setRevision(1);
}

void Duel::giveSnapshot(uint32_t question)
{
    answer(question, 0, [this](Content content) {
        auto delta = content.initAs<psp::Watch::NextResults>().initDelta();
        delta.setSeq(++seq);
        delta.setKind(psp::Delta::Kind::SNAPSHOT_END);
        delta.setRevision(1);
        writeEntity(delta.initChanges(1)[0], enemy.entity);
    });
}

// --- the program around it -----------------------------------------------------------

namespace
{

class Fibers final : public kj::TaskSet::ErrorHandler
{
  public:
    Fibers(Enemy &ours, Admit how) : enemy(ours), admit(std::move(how)), tasks(*this)
    {
    }
    kj::Promise<void> acceptAll(kj::ConnectionReceiver &receiver)
    {
        return receiver.accept().then([&](kj::Own<kj::AsyncIoStream> socket) {
            enemy.counts["dials"]++;
            tasks.add(kj::startFiber(256 * 1024, [this, socket = kj::mv(socket)](
                                                     kj::WaitScope &scope) mutable {
                admit(kj::mv(socket), scope);
            }));
            return acceptAll(receiver);
        });
    }

  private:
    void taskFailed(kj::Exception &&exception) override
    {
        enemy.counts["failures"]++;
        std::cerr << exception.getDescription().cStr() << std::endl;
    }
    Enemy &enemy;
    Admit admit;
    kj::TaskSet tasks;
};

} // namespace

std::string tell(const Enemy &enemy)
{
    std::string said;
    for (auto &count : enemy.counts)
        said += " " + count.first + "=" + std::to_string(count.second);
    return said;
}

void run(Enemy &enemy, Admit admit, Obey obey)
{
    Fibers fibers(enemy, std::move(admit));
    auto &scope = enemy.io.waitScope;
    auto receiver = enemy.io.provider->getNetwork()
                        .parseAddress("127.0.0.1", 0)
                        .wait(scope)
                        ->listen();
    auto accepting = fibers.acceptAll(*receiver).eagerlyEvaluate(nullptr);
    auto input = enemy.io.lowLevelProvider->wrapInputFd(0);
    std::cout << "ready " << receiver->getPort() << " "
              << mint::toHex(tls::publicKey(enemy.key)) << std::endl;
    std::string line;
    char c;
    while (input->tryRead(&c, 1, 1).wait(scope) == 1) {
        if (c != '\n') {
            line += c;
            continue;
        }
        std::cout << obey(line) << std::endl;
        line.clear();
    }
    std::_Exit(0); // connections still fight
}

} // namespace duel
