// serve_test.cc - a caller on libcapnp and OpenSSL against the real "totebox serve".
#include <set>

#include "examples/totebox-cpp/capability.h"
#include "tests/interop/serve_bench.h"

namespace
{

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

} // namespace

int main()
{
    return serveTests({testIdentity, testReading, testWatching, testLifetimes});
}
