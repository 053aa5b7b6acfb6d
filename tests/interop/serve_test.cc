// serve_test.cc - a caller on libcapnp and OpenSSL against the real "totebox serve".
//
// Prints TAP.  Everything that needs a signature is signed here, over canonical bodies
// that libcapnp wrote.
#include <chrono>
#include <cstdio>
#include <functional>
#include <set>

#include <capnp/serialize.h>
#include <kj/debug.h>
#include <openssl/x509.h>
#include <signal.h>

#include "examples/totebox-cpp/capability.h"
#include "tests/interop/session.h"

namespace
{

using Query = psp::Query::Builder;

int64_t clockMs()
{
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// --- the test's own frame ----------------------------------------------------------

struct Report {
    unsigned passed = 0, failed = 0;

    void check(const std::string &name, const std::function<void()> &test)
    {
        try {
            test();
            std::printf("ok %u - %s\n", ++passed + failed, name.c_str());
        } catch (const kj::Exception &thrown) {
            std::printf("not ok %u - %s: %s (line %d)\n", passed + ++failed,
                        name.c_str(), thrown.getDescription().cStr(), thrown.getLine());
        }
        std::fflush(stdout);
    }
};

void same(const std::string &a, const std::string &b)
{
    KJ_REQUIRE(a == b, a, b);
}

// --- tokens --------------------------------------------------------------------------

// A leaf under the pairing that the archive gave; `shape` makes it as a test wants it.
struct Minter {
    const tls::Key &device;
    const tls::Context &context;
    tls::Hash authority{};
    kj::Array<kj::byte> root{}, rootSignature{};
    using Shape = std::function<void(psp::Link::Builder)>;

    void fetch(Session &session, kj::WaitScope &scope)
    {
        auto first = session.totebox.pairingRequest().send().wait(scope);
        auto link = first.getToken().getLinks()[0];
        root = kj::heapArray<kj::byte>(link.getBody());
        rootSignature = kj::heapArray<kj::byte>(link.getSignature());
        auto hello = session.totebox.helloRequest().send().wait(scope);
        std::copy(hello.getIdentity().getAuthority().begin(),
                  hello.getIdentity().getAuthority().end(), authority.begin());
    }
    void putRoot(psp::SignedLink::Builder to) const
    {
        to.setBody(root);
        to.setSignature(rootSignature);
    }
    kj::Array<capnp::word> leaf(const Shape &shape) const
    {
        capnp::MallocMessageBuilder message;
        auto link =
            mint::link(message, authority, clockMs() - 20000, clockMs() + 600000);
        mint::holder(link, tls::pinOf(device));
        mint::scopeAll(link);
        mint::setParent(link, root);
        shape(link);
        return capnp::canonicalize(link.asReader());
    }
    void put(psp::Token::Builder token, const Shape &shape) const
    {
        auto links = token.initLinks(2);
        putRoot(links[0]);
        mint::sign(links[1], device, leaf(shape));
    }
};

void asItIs(psp::Link::Builder)
{
}

struct Bench {
    kj::AsyncIoContext &io;
    Dialler dialler;
    Minter minter;
    kj::WaitScope &scope()
    {
        return io.waitScope;
    }

    psp::Grant::Client present(Session &session, const Minter::Shape &shape = asItIs)
    {
        auto request = session.totebox.presentRequest();
        minter.put(request.initToken(), shape);
        request.initProof().setTls();
        return request.send().getGrant();
    }
    std::string refusal(const std::function<void(psp::Token::Builder)> &fill)
    {
        Session session(dialler);
        auto request = session.totebox.presentRequest();
        fill(request.initToken());
        request.initProof().setTls();
        return codeOf([&]() { request.send().wait(scope()); });
    }
    std::string refusalOfLeaf(const Minter::Shape &shape)
    {
        return refusal([&](psp::Token::Builder token) { minter.put(token, shape); });
    }
    auto read(
        psp::Grant::Client &grant, const std::string &view,
        const std::function<void(Query)> &shape = [](Query) {})
    {
        auto request = grant.readRequest();
        auto query = request.initQuery();
        query.setView(view);
        query.initRows().setAll();
        query.initColumns().setAll();
        shape(query);
        return request.send();
    }
    void rest(unsigned ms)
    {
        io.provider->getTimer().afterDelay(ms * kj::MILLISECONDS).wait(scope());
    }
};

std::string columnText(psp::Batch::Reader batch, const char *name, unsigned row)
{
    for (auto column : batch.getColumns())
        if (column.getInfo().getName() == name) {
            if (column.isTexts())
                return column.getTexts()[row];
            if (column.isDecimals())
                return std::to_string(column.getDecimals()[row]) + "/" +
                       std::to_string(column.getInfo().getScale());
        }
    return "no column";
}

// --- what is served
// --------------------------------------------------------------------

void testIdentity(Bench &bench, Report &report)
{
    Session session(bench.dialler);
    report.check("hello names the key that TLS proved", [&]() {
        auto identity = session.totebox.helloRequest().send().wait(bench.scope());
        auto said = identity.getIdentity();
        auto key = tls::keyFromPublic(said.getAuthority());
        same(tls::fingerprint(tls::pinOf(key)), bench.dialler.served.fingerprint);
        KJ_REQUIRE(said.getProtocolMin() == 1 && said.getBootId().size() == 16);
        KJ_REQUIRE(std::abs(said.getClockMs() - clockMs()) < 5000);
        KJ_REQUIRE(said.getLimits().getMaxWindowMs() == 3600000);
    });
    report.check(
        "the pairing verifies with OpenSSL and is canonical to libcapnp", [&]() {
            auto answer = session.totebox.pairingRequest().send().wait(bench.scope());
            auto links = answer.getToken().getLinks();
            KJ_REQUIRE(links.size() == 1);
            auto message =
                capability::signedBytes(capability::linkId(links[0].getBody()));
            auto authority = tls::keyFromPublic(tls::bytes(bench.minter.authority));
            KJ_REQUIRE(tls::verifies(authority,
                                     tls::Bytes(message.data(), message.size()),
                                     links[0].getSignature()));
            auto words = kj::heapArray<capnp::word>(links[0].getBody().size() / 8);
            memcpy(words.begin(), links[0].getBody().begin(), words.asBytes().size());
            kj::ArrayPtr<const capnp::word> segment = words;
            capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1));
            KJ_REQUIRE(reader.isCanonical());
            auto link = reader.getRoot<psp::Link>();
            KJ_REQUIRE(capability::encode(link).asBytes() == links[0].getBody());
            KJ_REQUIRE(link.getSubject().isDelegate() && link.getDepth() == 2);
        });
}

void testReading(Bench &bench, Report &report)
{
    Session session(bench.dialler);
    report.check("present, describe, read and health leave before any answer", [&]() {
        auto grant = bench.present(session);
        auto describe = grant.describeRequest().send();
        auto page = bench.read(grant, "metric");
        auto health = grant.healthRequest().send();
        KJ_REQUIRE(health.wait(bench.scope()).getHealth().getState() ==
                   psp::Health::State::OK);
        auto batch = page.wait(bench.scope());
        KJ_REQUIRE(batch.getBatch().getRowCount() == 20);
        same(columnText(batch.getBatch(), "value", 3), "35/1");
        KJ_REQUIRE(describe.wait(bench.scope()).getViews().size() == 2);
    });
    report.check("pages by cursor are the whole, once", [&]() {
        auto grant = bench.present(session);
        std::set<std::string> keys;
        kj::Array<kj::byte> cursor;
        unsigned pages = 0;
        do {
            auto page = bench
                            .read(grant, "metric",
                                  [&](Query query) {
                                      query.setLimit(7);
                                      query.setCursor(cursor);
                                  })
                            .wait(bench.scope());
            for (auto key : page.getBatch().getKeys())
                KJ_REQUIRE(keys.insert(key).second, key);
            cursor = kj::heapArray<kj::byte>(page.getBatch().getNextCursor());
            pages++;
        } while (cursor.size());
        KJ_REQUIRE(keys.size() == 20 && pages == 3, keys.size(), pages);
    });
    report.check("the past is read as it stood", [&]() {
        auto grant = bench.present(session);
        bench.rest(10);
        int64_t then = clockMs();
        bench.rest(10);
        KJ_REQUIRE(bench.dialler.served.metric("m10", "77.25") == 0);
        bench.rest(250);
        auto newest = bench.read(grant, "metric").wait(bench.scope());
        auto past = [&](Query query) { query.setAsOfMs(then); };
        auto earlier = bench.read(grant, "metric", past).wait(bench.scope());
        same(columnText(newest.getBatch(), "value", 0), "7725/2");
        same(columnText(earlier.getBatch(), "value", 0), "5/1");
        KJ_REQUIRE(earlier.getBatch().getRevision() < newest.getBatch().getRevision());
    });
    report.check("a scope narrows rows and columns", [&]() {
        auto grant = bench.present(session, [](psp::Link::Builder link) {
            mint::scope(link, "metric", "ALD|m1", {"key", "value"});
        });
        auto page = bench.read(grant, "metric").wait(bench.scope());
        KJ_REQUIRE(page.getBatch().getRowCount() == 10);
        KJ_REQUIRE(page.getBatch().getColumns().size() == 2);
        KJ_REQUIRE(
            grant.describeRequest().send().wait(bench.scope()).getViews().size() == 1);
    });
}

// A watch on views, and so many next() calls that are out at once.
struct Watching {
    Watching(psp::Grant::Client grant, std::vector<std::string> views)
        : watch([&]() {
              auto request = grant.watchRequest();
              auto queries = request.initQueries(static_cast<unsigned>(views.size()));
              for (unsigned i = 0; i < queries.size(); i++) {
                  queries[i].setView(views[i]);
                  queries[i].initRows().setAll();
                  queries[i].initColumns().setAll();
              }
              return request.send().getWatch();
          }())
    {
    }
    auto next(uint32_t rows, uint32_t ms)
    {
        auto request = watch.nextRequest();
        request.setMaxRows(rows);
        request.setMaxWaitMs(ms);
        return request.send();
    }
    psp::Watch::Client watch;
};

void testWatching(Bench &bench, Report &report)
{
    Session session(bench.dialler);
    auto grant = bench.present(session);
    report.check("four calls of credit are answered in order, in parts", [&]() {
        Watching watching(grant, {"entity", "metric"});
        auto a = watching.next(8, 60000), b = watching.next(8, 60000),
             c = watching.next(8, 60000), d = watching.next(8, 100);
        unsigned rows = 0;
        uint64_t revision = 0, parts = 0;
        for (auto part : {&a, &b, &c}) {
            auto answer = part->wait(bench.scope());
            auto delta = answer.getDelta();
            KJ_REQUIRE(delta.getSeq() == ++parts);
            for (auto change : delta.getChanges())
                rows += change.getUpserts().getRowCount();
            KJ_REQUIRE(revision == 0 || revision == delta.getRevision());
            revision = delta.getRevision();
            bool closes = delta.getKind() == psp::Delta::Kind::SNAPSHOT_END;
            KJ_REQUIRE(closes == (part == &c), uint16_t(delta.getKind()));
            KJ_REQUIRE((delta.getResume().size() > 0) == closes);
        }
        KJ_REQUIRE(rows == 21, rows);
        auto beat = d.wait(bench.scope());
        KJ_REQUIRE(beat.getDelta().getKind() == psp::Delta::Kind::HEARTBEAT);
        KJ_REQUIRE(beat.getDelta().getSeq() == 4);
    });
    report.check(
        "a commit closes the oldest call, and a cancelled one loses nothing", [&]() {
            Watching watching(grant, {"metric"});
            watching.next(0, 60000).wait(bench.scope());
            {
                auto dropped = watching.next(0, 60000);
                bench.rest(50);
            }
            auto waits = watching.next(0, 60000);
            bench.rest(50);
            KJ_REQUIRE(bench.dialler.served.metric("m11", "88") == 0);
            auto answer = waits.wait(bench.scope());
            KJ_REQUIRE(answer.getDelta().getKind() == psp::Delta::Kind::UPDATE);
            KJ_REQUIRE(answer.getDelta().getSeq() == 2);
            auto batch = answer.getDelta().getChanges()[0].getUpserts();
            KJ_REQUIRE(batch.getRowCount() == 1);
            same(columnText(batch, "key", 0), "m11");
        });
    report.check("a position is resumed on another connection", [&]() {
        Watching watching(grant, {"metric"});
        auto first = watching.next(0, 60000).wait(bench.scope());
        auto position = kj::heapArray<kj::byte>(first.getDelta().getResume());
        KJ_REQUIRE(bench.dialler.served.metric("m12", "99") == 0);
        Session other(bench.dialler);
        auto request = bench.present(other).watchRequest();
        auto query = request.initQueries(1)[0];
        query.setView("metric");
        query.initRows().setAll();
        query.initColumns().setAll();
        request.setResume(position);
        auto next = request.send().getWatch().nextRequest();
        next.setMaxWaitMs(60000);
        auto answer = next.send().wait(bench.scope());
        KJ_REQUIRE(answer.getDelta().getKind() == psp::Delta::Kind::UPDATE,
                   uint16_t(answer.getDelta().getKind()));
        KJ_REQUIRE(answer.getDelta().getChanges()[0].getUpserts().getRowCount() == 1);
    });
    report.check("the seventeenth waiting call is psp.limit", [&]() {
        Watching watching(grant, {"metric"});
        watching.next(0, 60000).wait(bench.scope());
        std::vector<capnp::RemotePromise<psp::Watch::NextResults>> waiting;
        for (int i = 0; i < 16; i++)
            waiting.push_back(watching.next(0, 60000));
        same(codeOf([&]() { watching.next(0, 60000).wait(bench.scope()); }), "limit");
    });
}

void testLifetimes(Bench &bench, Report &report)
{
    report.check("grants that nobody waited for are given back", [&]() {
        // Far more than the 1024 objects of a connection: Finish with
        // releaseResultCaps.
        Session session(bench.dialler);
        for (int i = 0; i < 1300; i++) {
            auto grant = bench.present(session);
            if (i % 100 == 99)
                session.totebox.helloRequest().send().wait(bench.scope());
        }
        auto grant = bench.present(session);
        grant.healthRequest().send().wait(bench.scope());
    });
    report.check("grants that came are given back by release", [&]() {
        Session session(bench.dialler);
        for (int i = 0; i < 1100; i++) {
            auto request = session.totebox.presentRequest();
            bench.minter.put(request.initToken(), asItIs);
            request.initProof().setTls();
            auto answer = request.send().wait(bench.scope());
            KJ_REQUIRE(answer.hasGrant());
        }
    });
    report.check(
        "a watch given back while a call on it waits is answered, then gone", [&]() {
            // Each way in which the last answer can come: rows, a heartbeat, a commit.
            Session session(bench.dialler);
            auto grant = bench.present(session);
            auto answered = [&](uint32_t ms, bool first, bool commits) {
                auto watching =
                    kj::heap<Watching>(grant, std::vector<std::string>{"metric"});
                if (!first)
                    watching->next(0, 60000).wait(bench.scope());
                auto waits = watching->next(0, ms);
                watching = nullptr;
                bench.rest(20);
                if (commits) {
                    KJ_REQUIRE(bench.dialler.served.metric("m14", "3") == 0);
                }
                return waits.wait(bench.scope()).getDelta().getKind();
            };
            for (int i = 0; i < 5; i++)
                KJ_REQUIRE(answered(60000, true, false) ==
                           psp::Delta::Kind::SNAPSHOT_END);
            KJ_REQUIRE(answered(150, false, false) == psp::Delta::Kind::HEARTBEAT);
            KJ_REQUIRE(answered(60000, false, true) == psp::Delta::Kind::UPDATE);
            grant.healthRequest().send().wait(bench.scope());
        });
    report.check("64 watches live on a connection, the next is psp.limit", [&]() {
        Session session(bench.dialler);
        auto grant = bench.present(session);
        std::vector<std::unique_ptr<Watching>> all;
        for (int i = 0; i < 64; i++)
            all.push_back(
                std::make_unique<Watching>(grant, std::vector<std::string>{"entity"}));
        for (auto &one : all)
            one->next(0, 1000).wait(bench.scope());
        Watching late(grant, {"entity"});
        same(codeOf([&]() { late.next(0, 1000).wait(bench.scope()); }), "limit");
    });
}

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
    report.check("unimplemented: commands, and methods that no schema has", [&]() {
        auto request = session.totebox.presentCommandRequest();
        bench.minter.put(request.initToken(), asItIs);
        same(codeOf([&]() { request.send().wait(bench.scope()); }), "unimplemented");
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

// --- the wire itself
// --------------------------------------------------------------------------

using Message = capnp::rpc::Message::Builder;

void answered(Wire &wire, uint32_t question, capnp::rpc::Return::Which kind)
{
    KJ_REQUIRE(wire.receive(), "the connection ended");
    KJ_REQUIRE(wire.said().isReturn(), uint16_t(wire.said().which()));
    KJ_REQUIRE(wire.said().getReturn().getAnswerId() == question);
    KJ_REQUIRE(wire.said().getReturn().which() == kind);
    KJ_REQUIRE(wire.said().getReturn().getReleaseParamCaps());
}

void testWire(Bench &bench, Report &report)
{
    const auto results = capnp::rpc::Return::RESULTS;
    const auto exception = capnp::rpc::Return::EXCEPTION;
    report.check("a call after the Finish of its target is an exception", [&]() {
        Wire wire(bench.dialler);
        wire.bootstrap(0);
        wire.finish(0, true);
        wire.hello(1, 0);
        answered(wire, 0, results);
        answered(wire, 1, exception);
        wire.bootstrap(0);
        answered(wire, 0, results);
    });
    report.check("questions may have any 32-bit id", [&]() {
        Wire wire(bench.dialler);
        wire.bootstrap(0xffffffff);
        wire.hello(0x80000000, 0xffffffff);
        answered(wire, 0xffffffff, results);
        answered(wire, 0x80000000, results);
    });
    report.check("a null target reads as import 0", [&]() {
        Wire wire(bench.dialler);
        wire.bootstrap(0);
        answered(wire, 0, results);
        wire.send([](Message message) {
            auto call = message.initCall();
            call.setQuestionId(1);
            call.setInterfaceId(capnp::typeId<psp::Totebox>());
        });
        answered(wire, 1, results);
    });
    report.check("a Finish of an unknown question is ignored", [&]() {
        Wire wire(bench.dialler);
        wire.finish(77, false);
        wire.bootstrap(0);
        answered(wire, 0, results);
    });
    report.check("a promise in parameters, once resolved, is released", [&]() {
        Wire wire(bench.dialler);
        wire.bootstrap(0);
        answered(wire, 0, results);
        wire.send([](Message message) {
            auto call = message.initCall();
            call.setQuestionId(1);
            call.initTarget().setImportedCap(0);
            call.setInterfaceId(capnp::typeId<psp::Totebox>());
            call.initParams().initCapTable(1)[0].setSenderPromise(5);
        });
        answered(wire, 1, results);
        wire.send([](Message message) {
            auto resolve = message.initResolve();
            resolve.setPromiseId(5);
            resolve.initCap().setSenderHosted(6);
        });
        KJ_REQUIRE(wire.receive() && wire.said().isRelease());
        KJ_REQUIRE(wire.said().getRelease().getId() == 6);
        KJ_REQUIRE(wire.said().getRelease().getReferenceCount() == 1);
    });
    report.check("a call in segments of one word each is understood", [&]() {
        Wire wire(bench.dialler);
        capnp::MallocMessageBuilder message(1, capnp::AllocationStrategy::FIXED_SIZE);
        message.initRoot<capnp::rpc::Message>().initBootstrap().setQuestionId(9);
        KJ_REQUIRE(message.getSegmentsForOutput().size() > 2);
        auto flat = capnp::messageToFlatArray(message);
        wire.bytes(flat.asBytes());
        answered(wire, 9, results);
    });

    auto aborted = [&](const char *name, const std::function<void(Wire &)> &act) {
        report.check(std::string("Abort: ") + name, [&]() {
            Wire wire(bench.dialler);
            wire.bootstrap(0);
            answered(wire, 0, results);
            act(wire);
            same(wire.verdict(), "abort");
        });
    };
    auto message = [&](const char *name, const std::function<void(Message)> &fill) {
        aborted(name, [&](Wire &wire) { wire.send(fill); });
    };
    message("Disembargo, senderLoopback", [](Message root) {
        auto disembargo = root.initDisembargo();
        disembargo.initTarget().setImportedCap(0);
        disembargo.getContext().setSenderLoopback(1);
    });
    message("Disembargo, receiverLoopback", [](Message root) {
        auto disembargo = root.initDisembargo();
        disembargo.initTarget().setImportedCap(0);
        disembargo.getContext().setReceiverLoopback(1);
    });
    message("Disembargo, accept",
            [](Message root) { root.initDisembargo().getContext().setAccept(); });
    message("Disembargo, provide",
            [](Message root) { root.initDisembargo().getContext().setProvide(0); });
    message("Provide",
            [](Message root) { root.initProvide().initTarget().setImportedCap(0); });
    message("Accept", [](Message root) { root.initAccept().setQuestionId(3); });
    message("Join",
            [](Message root) { root.initJoin().initTarget().setImportedCap(0); });
    message("Return", [](Message root) { root.initReturn().initResults(); });
    message("Unimplemented",
            [](Message root) { root.initUnimplemented().initReturn().setCanceled(); });
    message("results sent to yourself", [](Message root) {
        auto call = root.initCall();
        call.initTarget().setImportedCap(0);
        call.getSendResultsTo().setYourself();
    });
    message("results sent to a third party", [](Message root) {
        auto call = root.initCall();
        call.initTarget().setImportedCap(0);
        call.getSendResultsTo().initThirdParty();
    });
    message("a Release of more than there is", [](Message root) {
        auto release = root.initRelease();
        release.setId(0);
        release.setReferenceCount(2);
    });
    message("a Release of nothing", [](Message root) {
        root.initRelease().setId(40);
        root.getRelease().setReferenceCount(1);
    });
    aborted("a call of an import that is not alive",
            [](Wire &wire) { wire.helloOnImport(1, 17); });
    aborted("a question whose id is in use", [](Wire &wire) { wire.bootstrap(0); });
    aborted("a message of an unknown kind", [](Wire &wire) {
        capnp::MallocMessageBuilder unknown;
        unknown.initRoot<capnp::rpc::Message>().initBootstrap();
        auto flat = capnp::messageToFlatArray(unknown);
        flat.asBytes()[16] = 200;
        wire.bytes(flat.asBytes());
    });
    aborted("2^32 segments", [](Wire &wire) {
        const kj::byte frame[] = {255, 255, 255, 255, 1, 0, 0, 0};
        wire.bytes(kj::arrayPtr(frame, sizeof frame));
    });
    report.check("257 questions outstanding are one too many", [&]() {
        Wire wire(bench.dialler);
        for (uint32_t i = 0; i < 257; i++)
            wire.bootstrap(i);
        same(wire.verdict(), "abort");
    });
    report.check("after all of this the archive serves on", [&]() {
        Session session(bench.dialler);
        auto grant = bench.present(session);
        grant.healthRequest().send().wait(bench.scope());
    });
}

// A key that the archive does not know gets no object at all.
void testStranger(Bench &bench, Report &report)
{
    report.check("a key that is not paired is shut out by TLS", [&]() {
        tls::Key stranger = tls::newKey();
        tls::Context context = tls::newContext(stranger, tls::CLIENT);
        Dialler dialler{bench.io, context, bench.dialler.served};
        std::string code = codeOf([&]() {
            Wire wire(dialler);
            wire.bootstrap(0);
            KJ_REQUIRE(!wire.receive());
        });
        KJ_REQUIRE(code == "ok" || code == "disconnected" || code == "failed", code);
    });
}

} // namespace

int main()
{
    signal(SIGPIPE, SIG_IGN);
    Report report;
    {
        auto io = kj::setupAsyncIo();
        tls::Key device = tls::newKey();
        tls::Context context = tls::newContext(device, tls::CLIENT);
        Served served(device);
        Bench bench{io, {io, context, served}, {device, context}};
        {
            Session session(bench.dialler);
            bench.minter.fetch(session, io.waitScope);
        }
        for (auto test :
             {testIdentity, testReading, testWatching, testLifetimes, testExporter,
              testTokens, testQueries, testWire, testStranger, testRevocation})
            test(bench, report);
    }
    std::printf("1..%u\n%u passed, %u failed, 0 skipped\n",
                report.passed + report.failed, report.passed, report.failed);
    return report.failed ? 1 : 0;
}
