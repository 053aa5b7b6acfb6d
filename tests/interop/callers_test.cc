// callers_test.cc - what a caller can do on the wire, and what "totebox serve" answers.
//
// One row a behaviour, each with its outcome.  After each row a caller on libcapnp,
// connected all the while, must still be served.
#include "tests/interop/callers.h"

namespace
{

// --- the rows ----------------------------------------------------------------------

std::vector<Behaviour> framing()
{
    return {
        {"frame-count-ffffffff", ABORT,
         sends([](Wire &wire) { segmentTable(wire, 0xffffffff, 1); })},
        {"frame-count-fffffffe", ABORT,
         sends([](Wire &wire) { segmentTable(wire, 0xfffffffe, 1); })},
        {"frame-count-512", ABORT,
         sends([](Wire &wire) { segmentTable(wire, 511, 1); })},
        {"frame-count-65", ABORT, sends([](Wire &wire) { segmentTable(wire, 64, 1); })},
        {"frame-size-huge", ABORT,
         sends([](Wire &wire) { segmentTable(wire, 0, 0xffffffff); })},
        {"frame-over-limit", ABORT,
         sends([](Wire &wire) { segmentTable(wire, 0, (1u << 20) + 1); })},
        {"frame-zero-words", ABORT,
         sends([](Wire &wire) { segmentTable(wire, 0, 0); })},
        {"frame-sum-overflow", ABORT, sends([](Wire &wire) {
             words(wire, {0x8000000000000001, 0x80000000});
         })},
        {"frame-truncated", GONE,
         [](Bench &bench) -> Outcome {
             Wire wire(bench.dialler);
             wire.bytes(bootstrapIn(64).asBytes().slice(0, 13));
             return GONE;
         }},
        {"frame-byte-by-byte", RESULTS, sends([](Wire &wire) {
             auto frame = bootstrapIn(64);
             for (kj::byte byte : frame.asBytes())
                 wire.bytes(kj::arrayPtr(&byte, 1));
         })},
        {"frames-in-one-record", RESULTS, sends([](Wire &wire) {
             kj::Vector<kj::byte> both;
             for (uint32_t id : {8u, JUDGED}) {
                 capnp::MallocMessageBuilder built;
                 built.initRoot<capnp::rpc::Message>().initBootstrap().setQuestionId(
                     id);
                 both.addAll(capnp::messageToFlatArray(built).asBytes());
             }
             wire.bytes(both);
         })},
        {"segments-of-one-word", RESULTS, sends([](Wire &wire) {
             auto flat = bootstrapIn(1);
             KJ_REQUIRE(*reinterpret_cast<uint32_t *>(flat.begin()) > 1);
             wire.bytes(flat.asBytes());
         })},
        {"segments-that-are-empty", RESULTS, sends([](Wire &wire) {
             auto flat = bootstrapIn(64);
             uint32_t table[4] = {2, uint32_t(flat.size() - 1), 0, 0};
             wire.bytes(kj::arrayPtr(reinterpret_cast<kj::byte *>(table), 16));
             wire.bytes(flat.slice(1, flat.size()).asBytes());
         })},
        {"root-null", ABORT, sends([](Wire &wire) {
             words(wire, {1ull << 32, 0});
         })},
        {"root-outside", ABORT, sends([](Wire &wire) {
             words(wire, {1ull << 32, 0x0001000100000ffc});
         })},
        {"root-negative", ABORT, sends([](Wire &wire) {
             words(wire, {1ull << 32, 0x00010001fffffff0});
         })},
        {"root-far-loop", ABORT, sends([](Wire &wire) {
             words(wire, {1ull << 32, 0x0000000000000002});
         })},
        {"root-far-nowhere", ABORT, sends([](Wire &wire) {
             words(wire, {1ull << 32, 0x0000000700000002});
         })},
        {"root-is-a-list", ABORT, sends([](Wire &wire) {
             words(wire, {1ull << 32, 0x0000000200000001});
         })},
    };
}

std::vector<Behaviour> kinds()
{
    using Other = capnp::rpc::Disembargo::Builder;
    auto disembargo = [](void (*fill)(Other)) {
        return message([fill](Message root) {
            auto made = root.initDisembargo();
            made.initTarget().setImportedCap(0);
            fill(made);
        });
    };
    return {
        {"return", ABORT,
         message([](Message root) { root.initReturn().initResults(); })},
        {"unimplemented-call", ABORT,
         message([](Message root) { root.initUnimplemented().initCall(); })},
        {"unimplemented-return", ABORT, message([](Message root) {
             root.initUnimplemented().initReturn().setCanceled();
         })},
        {"disembargo-sender-loopback", ABORT,
         disembargo([](Other made) { made.getContext().setSenderLoopback(1); })},
        {"disembargo-receiver-loopback", ABORT,
         disembargo([](Other made) { made.getContext().setReceiverLoopback(1); })},
        {"disembargo-accept", ABORT,
         disembargo([](Other made) { made.getContext().setAccept(); })},
        {"disembargo-provide", ABORT,
         disembargo([](Other made) { made.getContext().setProvide(0); })},
        {"provide", ABORT, message([](Message root) {
             root.initProvide().initTarget().setImportedCap(0);
         })},
        {"accept", ABORT,
         message([](Message root) { root.initAccept().setQuestionId(3); })},
        {"join", ABORT,
         message([](Message root) { root.initJoin().initTarget().setImportedCap(0); })},
        {"obsolete-save", ABORT,
         message([](Message root) { root.initObsoleteSave(); })},
        {"obsolete-delete", ABORT,
         message([](Message root) { root.initObsoleteDelete(); })},
        {"third-party-answer", ABORT, sends([](Wire &wire) { kind(wire, 14); })},
        {"unknown-message", ABORT, sends([](Wire &wire) { kind(wire, 200); })},
        {"abort", CLOSED,
         message([](Message root) { root.initAbort().setReason("enough"); })},
        {"release-of-nothing", ABORT, message([](Message root) {
             root.initRelease().setId(40);
             root.getRelease().setReferenceCount(1);
         })},
        {"release-too-many", ABORT,
         message([](Message root) { root.initRelease().setReferenceCount(2); })},
        {"release-none", IGNORED,
         message([](Message root) { root.initRelease().setReferenceCount(0); })},
        {"release-none-of-nothing", ABORT,
         message([](Message root) { root.initRelease().setId(40); })},
        {"resolve-to-sender-hosted", RELEASED, message([](Message root) {
             root.initResolve().initCap().setSenderHosted(6);
         })},
        {"resolve-to-sender-promise", RELEASED, message([](Message root) {
             root.initResolve().initCap().setSenderPromise(6);
         })},
        {"resolve-to-exception", IGNORED, message([](Message root) {
             root.initResolve().initException().setReason("broken");
         })},
        {"resolve-to-none", IGNORED,
         message([](Message root) { root.initResolve().initCap().setNone(); })},
        {"resolve-to-receiver-hosted", IGNORED, message([](Message root) {
             root.initResolve().initCap().setReceiverHosted(0);
         })},
    };
}

std::vector<Behaviour> questions()
{
    auto bootstraps = [](uint32_t count) {
        return sends([count](Wire &wire) {
            for (uint32_t i = 1; i <= count; i++)
                wire.bootstrap(i + 1000);
        });
    };
    return {
        {"bootstrap-id-in-use", ABORT, sends([](Wire &wire) { wire.bootstrap(0); })},
        {"bootstrap-again", RESULTS, sends([](Wire &wire) { wire.bootstrap(JUDGED); })},
        {"bootstrap-of-an-object", FAILED, message([](Message root) {
             root.initBootstrap().setQuestionId(JUDGED);
             root.getBootstrap().initDeprecatedObjectId().setAs<capnp::Text>("old");
         })},
        {"call-id-in-use", ABORT,
         sends([](Wire &wire) { call(wire, 0, [](Call) {}); })},
        {"id-ffffffff", RESULTS, sends([](Wire &wire) {
             wire.bootstrap(0xffffffff);
             call(wire, JUDGED, [](Call asked) { onAnswer(asked, 0xffffffff); });
         })},
        {"questions-255", IGNORED, bootstraps(254)},
        {"questions-257", ABORT, bootstraps(256)},
        {"finish-of-nothing", IGNORED,
         sends([](Wire &wire) { wire.finish(77, false); })},
        {"finish-twice", IGNORED, sends([](Wire &wire) {
             wire.finish(0, false);
             wire.finish(0, false);
         })},
        {"finish-then-the-id-again", RESULTS, sends([](Wire &wire) {
             call(wire, 8, [](Call) {});
             wire.finish(8, true);
             call(wire, 8, [](Call) {});
             call(wire, JUDGED, [](Call) {});
         })},
        {"finish-releases-the-last-reference", ABORT,
         sends([](Wire &wire) { wire.finish(0, true); })},
        {"finish-of-a-call-that-waits", CANCELED, live([](Wire &wire) {
             next(wire, JUDGED);
             wire.finish(JUDGED, true);
         })},
        {"next-over-credit", FAILED, live([](Wire &wire) {
             for (uint32_t i = 0; i < 16; i++)
                 next(wire, 100 + i);
             next(wire, JUDGED);
         })},
        {"next-of-a-watch-given-back", FAILED, live([](Wire &wire) {
             wire.finish(2, true);
             next(wire, JUDGED);
         })},
    };
}

std::vector<Behaviour> targets()
{
    return {
        {"target-import-that-never-was", ABORT,
         calls([](Call asked) { asked.initTarget().setImportedCap(17); })},
        {"target-import-released", ABORT, sends([](Wire &wire) {
             wire.send([](Message root) { root.initRelease().setReferenceCount(1); });
             call(wire, JUDGED, [](Call) {});
         })},
        {"target-null", RESULTS, message([](Message root) {
             auto asked = root.initCall();
             asked.setQuestionId(JUDGED);
             asked.setInterfaceId(capnp::typeId<psp::Totebox>());
         })},
        {"target-unknown-variant", ABORT, calls([](Call asked) {
             auto raw = capnp::toAny(asked.getTarget()).getDataSection();
             uint16_t unknown = 9;
             memcpy(raw.begin() + 4, &unknown, sizeof unknown);
         })},
        {"promised-of-no-question", FAILED,
         calls([](Call asked) { onAnswer(asked, 99); })},
        {"promised-after-finish", FAILED, sends([](Wire &wire) {
             wire.bootstrap(5);
             wire.finish(5, false);
             call(wire, JUDGED, [](Call asked) { onAnswer(asked, 5); });
         })},
        {"promised-of-a-failure", UNIMPLEMENTED, sends([](Wire &wire) {
             call(wire, 5, [](Call asked) { asked.setMethodId(99); });
             call(wire, JUDGED, [](Call asked) { onAnswer(asked, 5, {0}); });
         })},
        {"promised-of-what-waits", FAILED, live([](Wire &wire) {
             next(wire, 5);
             call(wire, JUDGED, [](Call asked) { onAnswer(asked, 5, {0}); });
         })},
        {"promised-of-no-capability", FAILED, sends([](Wire &wire) {
             call(wire, 5, [](Call) {});
             call(wire, JUDGED, [](Call asked) { onAnswer(asked, 5, {0}); });
         })},
        {"promised-of-another-field", FAILED,
         calls([](Call asked) { onAnswer(asked, 0, {1}); })},
        {"promised-by-nine-steps", FAILED, calls([](Call asked) {
             onAnswer(asked, 0, {0, 0, 0, 0, 0, 0, 0, 0, 0});
         })},
        {"promised-by-a-step-that-is-none", RESULTS, calls([](Call asked) {
             asked.initTarget().initPromisedAnswer().initTransform(1)[0].setNoop();
         })},
        {"promised-by-an-unknown-step", ABORT, calls([](Call asked) {
             auto op = asked.initTarget().initPromisedAnswer().initTransform(1)[0];
             uint16_t unknown = 9;
             memcpy(capnp::toAny(op).getDataSection().begin(), &unknown, 2);
         })},
    };
}

std::vector<Behaviour> parameters()
{
    using Descriptor = capnp::rpc::CapDescriptor::Builder;
    auto passes = [](void (*fill)(Descriptor)) {
        return calls(
            [fill](Call asked) { fill(asked.getParams().initCapTable(1)[0]); });
    };
    return {
        {"results-to-yourself", ABORT,
         calls([](Call asked) { asked.getSendResultsTo().setYourself(); })},
        {"results-to-a-third-party", ABORT,
         calls([](Call asked) { asked.getSendResultsTo().initThirdParty(); })},
        {"results-to-nobody-known", ABORT, calls([](Call asked) {
             uint16_t unknown = 9;
             memcpy(capnp::toAny(asked).getDataSection().begin() + 6, &unknown, 2);
         })},
        {"tail-call-allowed", RESULTS,
         calls([](Call asked) { asked.setAllowThirdPartyTailCall(true); })},
        {"hints-of-newer-callers", RESULTS, sends([](Wire &wire) {
             // noPromisePipelining and onlyPromisePipeline: bits 129 and 130.
             capnp::MallocMessageBuilder built;
             auto asked = built.initRoot<capnp::rpc::Message>().initCall();
             asked.setQuestionId(JUDGED);
             asked.initTarget().setImportedCap(0);
             asked.setInterfaceId(capnp::typeId<psp::Totebox>());
             capnp::toAny(asked).getDataSection()[16] |= 6;
             wire.bytes(capnp::messageToFlatArray(built).asBytes());
         })},
        {"params-null", RESULTS, calls([](Call asked) { asked.disownParams(); })},
        {"params-content-null", RESULTS, calls([](Call) {})},
        {"params-larger-than-known", RESULTS, calls([](Call asked) {
             asked.getParams().getContent().initAsAnyStruct(7, 7);
         })},
        {"interface-unknown", UNIMPLEMENTED,
         calls([](Call asked) { asked.setInterfaceId(12345); })},
        {"method-unknown", UNIMPLEMENTED,
         calls([](Call asked) { asked.setMethodId(99); })},
        {"method-of-another-object", UNIMPLEMENTED,
         calls([](Call asked) { asked.setInterfaceId(capnp::typeId<psp::Grant>()); })},
        {"command-on-a-grant", UNIMPLEMENTED, live([](Wire &wire) {
             call(wire, JUDGED, [](Call asked) {
                 onAnswer(asked, 1, {0});
                 asked.setInterfaceId(capnp::typeId<psp::Commander>());
             });
         })},
        {"cap-sender-hosted", RESULTS,
         passes([](Descriptor to) { to.setSenderHosted(5); })},
        {"cap-sender-promise", RESULTS,
         passes([](Descriptor to) { to.setSenderPromise(5); })},
        {"cap-receiver-hosted", RESULTS,
         passes([](Descriptor to) { to.setReceiverHosted(0); })},
        {"cap-receiver-answer", RESULTS,
         passes([](Descriptor to) { to.initReceiverAnswer(); })},
        {"cap-third-party-hosted", RESULTS,
         passes([](Descriptor to) { to.initThirdPartyHosted(); })},
        {"caps-1000", RESULTS, calls([](Call asked) {
             for (auto one : asked.getParams().initCapTable(1000))
                 one.setSenderHosted(3);
         })},
        {"objects-1025", FAILED, after([](Wire &wire, Bench &bench) {
             // The archive itself is the first of them.
             for (uint32_t i = 1; i <= 1025; i++) {
                 bool isLast = i == 1025;
                 call(wire, isLast ? JUDGED : 8, [&](Call asked) {
                     asked.setMethodId(1);
                     auto params = asked.getParams()
                                       .getContent()
                                       .initAs<psp::Totebox::PresentParams>();
                     bench.minter.put(params.initToken(), asItIs);
                 });
                 if (isLast)
                     return;
                 KJ_REQUIRE(wire.receive() && wire.said().isReturn());
                 KJ_REQUIRE(wire.said().getReturn().isResults() == (i < 1024), i);
                 wire.finish(8, false);
             }
         })},
    };
}

std::vector<Behaviour> channels()
{
    auto ignore = [](SSL_CTX *) {};
    return {
        {"tls-as-it-should-be", RESULTS, tlsAs(ignore)},
        {"tls-key-not-paired", CLOSED, tlsAs(ignore, false)},
        {"tls-1.2", CLOSED, tlsAs([](SSL_CTX *context) {
             SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
             SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
         })},
        {"tls-alpn-of-another-protocol", CLOSED, tlsAs([](SSL_CTX *context) {
             SSL_CTX_set_alpn_protos(
                 context, reinterpret_cast<const unsigned char *>("\002h2"), 3);
         })},
        {"tls-without-alpn", CLOSED,
         tlsAs([](SSL_CTX *context) { SSL_CTX_set_alpn_protos(context, nullptr, 0); })},
        {"tls-without-certificate", CLOSED, tlsAs([](SSL_CTX *context) {
             SSL_CTX_set_cert_cb(
                 context,
                 [](SSL *ssl, void *) {
                     SSL_certs_clear(ssl);
                     return 1;
                 },
                 nullptr);
         })},
        {"no-tls-but-http", CLOSED, plain("GET / HTTP/1.1\r\n\r\n", 18)},
        {"no-tls-but-zeros", CLOSED, plain("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16)},
        {"no-tls-but-rpc", CLOSED,
         plain("\0\0\0\0\5\0\0\0\0\0\0\0\1\0\1\0\10\0\0\0\0\0\0\0", 24)},
    };
}

void testCallers(Bench &bench, Report &report)
{
    Session witness(bench.dialler);
    auto grant = bench.present(witness);
    for (auto table : {framing, kinds, questions, targets, parameters, channels})
        for (auto &row : table())
            report.check(std::string(row.name) + ": " + row.outcome, [&]() {
                same(row.run(bench), row.outcome);
                grant.healthRequest().send().wait(bench.scope());
            });
}

} // namespace

int main()
{
    return serveTests({testCallers});
}
