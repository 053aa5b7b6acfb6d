// refusals_test.cc - what the real "totebox serve" refuses a caller in C++, by code.
#include <cstring>

#include <capnp/serialize.h>
#include <openssl/x509.h>

#include "examples/totebox-cpp/capability.h"
#include "tests/interop/serve_bench.h"

namespace
{

// --- the exporter proof
// ------------------------------------------------------------------

std::array<kj::byte, 64> prove(const tls::Key &operatorKey, const tls::Hash &exporter,
                               const tls::Hash &leaf)
{
    kj::byte message[96] = "PointSav PSP proof v1";
    std::copy(exporter.begin(), exporter.end(), message + 32);
    std::copy(leaf.begin(), leaf.end(), message + 64);
    return tls::sign(operatorKey, tls::Bytes(message, sizeof message));
}

void testExporter(Bench &bench, Report &report)
{
    tls::Key operatorKey = tls::newKey();
    unsigned char *spki = nullptr;
    int length = i2d_PUBKEY(operatorKey.get(), &spki);
    tls::Bytes der(spki, static_cast<size_t>(length));
    auto body = bench.minter.leaf(
        [&](psp::Link::Builder link) { mint::holder(link, tls::pinOf(operatorKey)); });
    auto present = [&](Session &session, const std::array<kj::byte, 64> &signature) {
        auto request = session.totebox.presentRequest();
        auto links = request.initToken().initLinks(2);
        bench.minter.putRoot(links[0]);
        mint::sign(links[1], bench.minter.device, body);
        auto proof = request.initProof().initExporter();
        proof.setSpki(der);
        proof.setSignature(tls::Bytes(signature.data(), signature.size()));
        return codeOf([&]() { request.send().wait(bench.scope()); });
    };
    Session session(bench.dialler), other(bench.dialler);
    tls::Hash leaf = capability::linkId(body.asBytes());
    auto signature = prove(operatorKey, session.stream->exporter(), leaf);
    report.check("OpenSSL's exporter proves a holder that is not the TLS client",
                 [&]() { same(present(session, signature), "ok"); });
    report.check("that proof is worth nothing on another connection",
                 [&]() { same(present(other, signature), "holder"); });
    report.check("nor without it", [&]() {
        same(bench.refusal([&](psp::Token::Builder token) {
            auto links = token.initLinks(2);
            bench.minter.putRoot(links[0]);
            mint::sign(links[1], bench.minter.device, body);
        }),
             "holder");
    });
    OPENSSL_free(spki);
}

// --- refusals by code
// ----------------------------------------------------------------------

// The canonical leaf with something done to its bytes, signed validly all the same.
std::string refusalOfBody(Bench &bench, kj::Array<capnp::word> body)
{
    return bench.refusal([&](psp::Token::Builder token) {
        auto links = token.initLinks(2);
        bench.minter.putRoot(links[0]);
        mint::sign(links[1], bench.minter.device, body);
    });
}

void testTokens(Bench &bench, Report &report)
{
    auto refused = [&](const char *name, const char *code, const Minter::Shape &shape) {
        report.check(std::string("psp.") + code + ": " + name,
                     [&]() { same(bench.refusalOfLeaf(shape), code); });
    };
    report.check("psp.malformed: a token without links",
                 [&]() { same(bench.refusal([](auto) {}), "malformed"); });
    report.check("psp.limit: five links", [&]() {
        same(bench.refusal([&](psp::Token::Builder token) {
            for (auto link : token.initLinks(5))
                bench.minter.putRoot(link);
        }),
             "limit");
    });
    report.check("psp.malformed: a word behind the canonical body", [&]() {
        auto body = bench.minter.leaf(asItIs);
        auto longer = kj::heapArray<capnp::word>(body.size() + 1);
        memset(longer.begin(), 0, longer.asBytes().size());
        memcpy(longer.begin(), body.begin(), body.asBytes().size());
        same(refusalOfBody(bench, kj::mv(longer)), "malformed");
    });
    report.check("psp.malformed: a link with a field from the future", [&]() {
        // As a newer libcapnp would write it: canonical, with one more pointer.
        capnp::MallocMessageBuilder newer;
        auto body = bench.minter.leaf(asItIs);
        kj::ArrayPtr<const capnp::word> segment = body;
        capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1));
        auto known = reader.getRoot<capnp::AnyStruct>();
        auto data = known.getDataSection();
        auto pointers = known.getPointerSection();
        auto longer = newer.initRoot<capnp::AnyPointer>().initAsAnyStruct(
            static_cast<uint16_t>(data.size() / 8),
            static_cast<uint16_t>(pointers.size() + 1));
        memcpy(longer.getDataSection().begin(), data.begin(), data.size());
        for (unsigned k = 0; k < pointers.size(); k++)
            longer.getPointerSection()[k].set(pointers[k]);
        longer.getPointerSection()[pointers.size()].setAs<capnp::Text>(
            "only on Sundays");
        same(refusalOfBody(bench, longer.asReader().canonicalize()), "malformed");
    });
    report.check("psp.signature: one bit of the body", [&]() {
        same(bench.refusal([&](psp::Token::Builder token) {
            bench.minter.put(token, asItIs);
            token.getLinks()[1].getBody()[40] ^= 1;
        }),
             "signature");
    });
    report.check("psp.signature: signed by a stranger", [&]() {
        same(bench.refusal([&](psp::Token::Builder token) {
            auto links = token.initLinks(2);
            bench.minter.putRoot(links[0]);
            mint::sign(links[1], tls::newKey(), bench.minter.leaf(asItIs));
        }),
             "signature");
    });
    refused("for another archive", "audience",
            [](psp::Link::Builder link) { link.getTotebox()[0] ^= 1; });
    refused("for another holder", "holder", [](psp::Link::Builder link) {
        mint::holder(link, tls::pinOf(tls::newKey()));
    });
    refused("a window that is over", "expired", [](psp::Link::Builder link) {
        link.setNotAfter(clockMs() - 1);
        link.setNotBefore(clockMs() - 60000);
    });
    refused("a window that has not begun", "notyet", [](psp::Link::Builder link) {
        link.setNotBefore(clockMs() + 120000);
        link.setNotAfter(clockMs() + 180000);
    });
    refused("a window of two hours", "limit", [](psp::Link::Builder link) {
        link.setNotAfter(link.getNotBefore() + 7200000);
    });
    refused("an empty window", "malformed",
            [](psp::Link::Builder link) { link.setNotAfter(link.getNotBefore()); });
    refused("another parent", "malformed",
            [](psp::Link::Builder link) { link.getParent()[0] ^= 1; });
    refused("an epoch in a leaf", "malformed",
            [](psp::Link::Builder link) { link.setEpoch(1); });
    refused("more depth than the pairing has", "denied",
            [](psp::Link::Builder link) { link.setDepth(2); });
    refused("names that are not sorted", "malformed", [](psp::Link::Builder link) {
        auto names = link.getScopes()[0].initColumns().initNames(2);
        names.set(0, "value");
        names.set(1, "key");
    });
    refused("no right to read anything", "denied",
            [](psp::Link::Builder link) { link.setRights(0x20); });
    report.check("psp.malformed: a chain that ends with a delegate", [&]() {
        same(bench.refusalOfLeaf([&](psp::Link::Builder link) {
            mint::delegate(link, tls::publicKey(bench.minter.device));
        }),
             "malformed");
    });
}

void testQueries(Bench &bench, Report &report)
{
    Session session(bench.dialler);
    auto grant = bench.present(session);
    auto code = [&](psp::Grant::Client by, const char *view,
                    const std::function<void(Query)> &shape) {
        return codeOf([&]() { bench.read(by, view, shape).wait(bench.scope()); });
    };
    report.check("psp.unknown: a view that there is not",
                 [&]() { same(code(grant, "nonsense", [](Query) {}), "unknown"); });
    report.check("psp.unknown: a column that there is not", [&]() {
        same(code(grant, "metric",
                  [](Query query) {
                      query.initColumns().initNames(1).set(0, "nonsense");
                  }),
             "unknown");
    });
    report.check("psp.unknown: an aggregate, which this archive does not make", [&]() {
        same(code(grant, "metric",
                  [](Query query) { query.initReduce(1)[0].setName("n"); }),
             "unknown");
    });
    report.check("psp.denied: a view that is not exposed",
                 [&]() { same(code(grant, "pos", [](Query) {}), "denied"); });
    report.check("psp.denied: a column that the leaf leaves out", [&]() {
        auto narrow = bench.present(session, [](psp::Link::Builder link) {
            mint::scope(link, "metric", "", {"key"});
        });
        same(
            code(narrow, "metric",
                 [](Query query) { query.initColumns().initNames(1).set(0, "value"); }),
            "denied");
    });
    report.check("psp.denied: rows without the right to rows", [&]() {
        auto weak = bench.present(
            session, [](psp::Link::Builder link) { link.setRights(0x03); });
        same(code(weak, "metric", [](Query) {}), "denied");
    });
    report.check("psp.denied: a watch without the right to watch", [&]() {
        auto weak = bench.present(
            session, [](psp::Link::Builder link) { link.setRights(0x07); });
        Watching watching(weak, {"metric"});
        same(codeOf([&]() { watching.next(0, 100).wait(bench.scope()); }), "denied");
    });
    report.check("psp.malformed: a cursor of nowhere", [&]() {
        same(code(grant, "metric",
                  [](Query query) { query.setCursor(kj::StringPtr("x").asBytes()); }),
             "malformed");
    });
    report.check("psp.malformed: two queries on a view, none, and the past", [&]() {
        Watching twice(grant, {"metric", "metric"}), none(grant, {});
        same(codeOf([&]() { twice.next(0, 100).wait(bench.scope()); }), "malformed");
        same(codeOf([&]() { none.next(0, 100).wait(bench.scope()); }), "malformed");
        auto request = grant.watchRequest();
        auto query = request.initQueries(1)[0];
        query.setView("metric");
        query.setAsOfMs(1);
        same(codeOf([&]() { request.send().wait(bench.scope()); }), "malformed");
    });
    report.check("psp.limit: seventeen queries", [&]() {
        Watching many(grant, std::vector<std::string>(17, "metric"));
        same(codeOf([&]() { many.next(0, 100).wait(bench.scope()); }), "limit");
    });
    report.check("psp.conflict: a cursor from before a commit", [&]() {
        auto first = bench.read(grant, "metric", [](Query query) { query.setLimit(2); })
                         .wait(bench.scope());
        auto cursor = kj::heapArray<kj::byte>(first.getBatch().getNextCursor());
        KJ_REQUIRE(bench.dialler.served.metric("m13", "1") == 0);
        bench.rest(250);
        same(code(grant, "metric", [&](Query query) { query.setCursor(cursor); }),
             "conflict");
    });
    report.check("psp.busy: more reads than exposure.conf allows", [&]() {
        std::string last = "ok";
        for (int i = 0; i < 200 && last == "ok"; i++)
            last = code(grant, "entity", [](Query) {});
        same(last, "busy");
        bench.rest(1100);
        same(code(grant, "entity", [](Query) {}), "ok");
    });
    report.check("unimplemented: methods that no schema has", [&]() {
        auto typeless =
            session.totebox.typelessRequest(capnp::typeId<psp::Totebox>(), 99, nullptr);
        same(codeOf([&]() { typeless.send().wait(bench.scope()); }), "unimplemented");
    });
}

// Last of all: the pairing is gone afterwards.
void testRevocation(Bench &bench, Report &report)
{
    Session session(bench.dialler);
    auto grant = bench.present(session);
    Watching watching(grant, {"metric"});
    watching.next(0, 60000).wait(bench.scope());
    auto waits = watching.next(0, 60000);
    report.check("a revocation ends the stream that waits, at once", [&]() {
        bench.rest(50);
        KJ_REQUIRE(bench.dialler.served.command("revoke", {"--all"}) == 0);
        auto begun = clockMs();
        auto answer = waits.wait(bench.scope());
        KJ_REQUIRE(answer.getDelta().getKind() == psp::Delta::Kind::ENDED);
        KJ_REQUIRE(clockMs() - begun < 2000);
    });
    report.check("psp.ended: further next()", [&]() {
        same(codeOf([&]() { watching.next(0, 100).wait(bench.scope()); }), "ended");
    });
    report.check("psp.revoked: the grant, a new present, and the pairing", [&]() {
        same(codeOf([&]() { bench.read(grant, "metric").wait(bench.scope()); }),
             "revoked");
        auto request = session.totebox.presentRequest();
        bench.minter.put(request.initToken(), asItIs);
        same(codeOf([&]() { request.send().wait(bench.scope()); }), "revoked");
        auto pairing = session.totebox.pairingRequest();
        same(codeOf([&]() { pairing.send().wait(bench.scope()); }), "revoked");
    });
}

} // namespace

int main()
{
    return serveTests({testExporter, testTokens, testQueries, testRevocation});
}
