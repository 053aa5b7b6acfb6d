// callers.h - behaviours of a caller on the wire: how they are made, and what comes of
// them.  The messages are built one by one, since no library would send most of them.
#pragma once

#include <cstring>

#include <capnp/serialize.h>

#include "tests/interop/serve_bench.h"

using Message = capnp::rpc::Message::Builder;
using Call = capnp::rpc::Call::Builder;
using Outcome = std::string;

// What may come of a behaviour.  Question 7 is the one that is judged.
const char ABORT[] = "abort";                 // an Abort that says why, then the end
const char CLOSED[] = "closed";               // the end, without a word
const char IGNORED[] = "ignored";             // nothing is said; the connection lives
const char RESULTS[] = "results";             // 7 is answered; the connection lives
const char FAILED[] = "failed";               // 7 is refused; the connection lives
const char UNIMPLEMENTED[] = "unimplemented"; // 7 is refused as such
const char CANCELED[] = "canceled";
const char RELEASED[] = "released"; // what was offered is given back; it lives
const char GONE[] = "gone";         // this end has left; nothing is asked of the other

const uint32_t JUDGED = 7, LAST = 0x70000000;

// --- what is sent ------------------------------------------------------------------

// A call of hello on import 0, of which a row changes what it wants.
template <typename Fill> void call(Wire &wire, uint32_t question, Fill fill)
{
    wire.send([&](Message root) {
        auto asked = root.initCall();
        asked.setQuestionId(question);
        asked.initTarget().setImportedCap(0);
        asked.setInterfaceId(capnp::typeId<psp::Totebox>());
        asked.initParams();
        fill(asked);
    });
}
inline void onAnswer(Call asked, uint32_t question,
                     std::initializer_list<uint16_t> fields = {})
{
    auto answer = asked.initTarget().initPromisedAnswer();
    answer.setQuestionId(question);
    auto ops = answer.initTransform(static_cast<unsigned>(fields.size()));
    unsigned i = 0;
    for (uint16_t field : fields)
        ops[i++].setGetPointerField(field);
}
inline void words(Wire &wire, std::initializer_list<uint64_t> list)
{
    std::vector<uint64_t> all(list);
    wire.bytes(kj::arrayPtr(reinterpret_cast<const kj::byte *>(all.data()),
                            all.size() * sizeof all[0]));
}
// The segment table of so many segments, each of so many words.
inline void segmentTable(Wire &wire, uint32_t last, uint32_t size)
{
    uint32_t head[2] = {last, size};
    wire.bytes(kj::arrayPtr(reinterpret_cast<const kj::byte *>(head), sizeof head));
}
// A message with one of the discriminants that rpc.capnp does not have any more, or not
// yet.
inline void kind(Wire &wire, uint8_t discriminant)
{
    capnp::MallocMessageBuilder built;
    built.initRoot<capnp::rpc::Message>().initBootstrap();
    auto flat = capnp::messageToFlatArray(built);
    flat.asBytes()[16] = discriminant;
    wire.bytes(flat.asBytes());
}
// The bootstrap message of question 7 in a form of its own.
inline kj::Array<capnp::word> bootstrapIn(unsigned firstSegmentWords)
{
    capnp::MallocMessageBuilder built(firstSegmentWords,
                                      capnp::AllocationStrategy::FIXED_SIZE);
    built.initRoot<capnp::rpc::Message>().initBootstrap().setQuestionId(JUDGED);
    return capnp::messageToFlatArray(built);
}

// Presents as question 1, watches as 2, takes the snapshot as 3.
inline void goLive(Wire &wire, Bench &bench)
{
    call(wire, 1, [&](Call asked) {
        asked.setMethodId(1);
        auto params =
            asked.getParams().getContent().initAs<psp::Totebox::PresentParams>();
        bench.minter.put(params.initToken(), asItIs);
        params.initProof().setTls();
    });
    call(wire, 2, [&](Call asked) {
        onAnswer(asked, 1, {0});
        asked.setInterfaceId(capnp::typeId<psp::Grant>());
        asked.setMethodId(2);
        auto query = asked.getParams()
                         .getContent()
                         .initAs<psp::Grant::WatchParams>()
                         .initQueries(1)[0];
        query.setView("metric");
        query.initRows().setAll();
        query.initColumns().setAll();
    });
}
inline void next(Wire &wire, uint32_t question)
{
    call(wire, question, [&](Call asked) {
        onAnswer(asked, 2, {0});
        asked.setInterfaceId(capnp::typeId<psp::Watch>());
        asked.getParams().getContent().initAs<psp::Watch::NextParams>().setMaxWaitMs(
            60000);
    });
}

// --- what comes back ---------------------------------------------------------------

// Asks for one answer more and reads until it comes, or the end.
inline Outcome heard(Wire &wire)
{
    Outcome outcome = IGNORED;
    try {
        call(wire, LAST, [](Call) {});
    } catch (const kj::Exception &) {
        // It has hung up already; what it said before can still be read.
    }
    bool isAborted = false;
    try {
        while (wire.receive()) {
            auto said = wire.said();
            if (isAborted)
                return "talks on after its Abort";
            if (said.isAbort()) {
                isAborted = true;
            } else if (said.isRelease()) {
                outcome = RELEASED;
            } else if (!said.isReturn()) {
                return "a message of kind " + std::to_string(uint16_t(said.which()));
            } else {
                auto back = said.getReturn();
                if (!back.getReleaseParamCaps())
                    return "keeps capabilities of its caller";
                if (back.getAnswerId() == LAST)
                    return outcome;
                if (back.getAnswerId() == JUDGED && back.isResults())
                    outcome = RESULTS;
                if (back.getAnswerId() == JUDGED && back.isCanceled())
                    outcome = CANCELED;
                if (back.getAnswerId() == JUDGED && back.isException())
                    outcome = back.getException().getType() ==
                                      capnp::rpc::Exception::Type::UNIMPLEMENTED
                                  ? UNIMPLEMENTED
                                  : FAILED;
            }
        }
    } catch (const kj::Exception &thrown) {
        if (thrown.getType() != kj::Exception::Type::DISCONNECTED)
            return thrown.getDescription().cStr();
    }
    return isAborted ? ABORT : CLOSED;
}

struct Behaviour {
    const char *name;
    const char *outcome;
    std::function<Outcome(Bench &)> run;
};

// On a connection whose bootstrap was answered: import 0 is the archive.
template <typename Act> std::function<Outcome(Bench &)> after(Act act)
{
    return [act](Bench &bench) {
        Wire wire(bench.dialler);
        wire.bootstrap(0);
        KJ_REQUIRE(wire.receive() && wire.said().isReturn());
        act(wire, bench);
        return heard(wire);
    };
}
template <typename Act> std::function<Outcome(Bench &)> sends(Act act)
{
    return after([act](Wire &wire, Bench &) { act(wire); });
}
// One message that `fill` makes.
template <typename Fill> std::function<Outcome(Bench &)> message(Fill fill)
{
    return sends([fill](Wire &wire) { wire.send(fill); });
}
// One call, question 7.
template <typename Fill> std::function<Outcome(Bench &)> calls(Fill fill)
{
    return sends([fill](Wire &wire) { call(wire, JUDGED, fill); });
}
// On a connection that has a watch, and its snapshot.
template <typename Act> std::function<Outcome(Bench &)> live(Act act)
{
    return after([act](Wire &wire, Bench &bench) {
        goLive(wire, bench);
        next(wire, 3);
        for (int i = 0; i < 3; i++)
            KJ_REQUIRE(wire.receive() && wire.said().getReturn().isResults());
        act(wire);
    });
}
// A connection without TLS: bytes, then whatever comes until it ends.
inline std::function<Outcome(Bench &)> plain(const char *text, size_t length)
{
    return [=](Bench &bench) -> Outcome {
        auto socket = bench.io.provider->getNetwork()
                          .parseAddress("127.0.0.1", bench.dialler.served.port)
                          .wait(bench.scope())
                          ->connect()
                          .wait(bench.scope());
        socket->write(text, length).wait(bench.scope());
        kj::byte back[512];
        size_t got = 0;
        try {
            while (size_t more =
                       socket->tryRead(back, 1, sizeof back).wait(bench.scope()))
                got += more;
        } catch (const kj::Exception &) {
            // A reset is an end too.
        }
        return got > 64 ? "more than an alert" : CLOSED;
    };
}
// TLS as `shape` wants it, with a key that the archive knows or not.
template <typename Shape>
std::function<Outcome(Bench &)> tlsAs(Shape shape, bool isKnown = true)
{
    return [=](Bench &bench) -> Outcome {
        tls::Key stranger = tls::newKey();
        auto context =
            tls::newContext(isKnown ? bench.minter.device : stranger, tls::CLIENT);
        shape(context.get());
        Dialler dialler{bench.io, context, bench.dialler.served};
        try {
            Wire wire(dialler);
            wire.bootstrap(JUDGED);
            return wire.receive() ? RESULTS : CLOSED;
        } catch (const kj::Exception &) {
            return CLOSED;
        }
    };
}
