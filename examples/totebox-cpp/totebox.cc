// totebox.cc - a Totebox that serves the metrics of a CSV file.  See README.md.
#include <fstream>
#include <iostream>

#include <kj/debug.h>
#include <openssl/rand.h>
#include <signal.h>

#include "examples/totebox-cpp/capability.h"
#include "examples/totebox-cpp/server.h"
#include "examples/totebox-cpp/sheet.h"

using capability::Authority;
using capability::refuse;

struct Box {
    Sheet sheet;
    Keys keys;
    kj::Timer &timer;
    std::array<kj::byte, 16> bootId{};
};

// A file does not change: the first answer is the snapshot, all others are heartbeats.
struct Watch final : psp::Watch::Server {
    Watch(Box &of, std::shared_ptr<Authority> grantee, std::vector<std::string> watched)
        : box(of), by(std::move(grantee)), views(std::move(watched))
    {
    }
    kj::Promise<void> next(NextContext context) override
    {
        auto delta = context.getResults().initDelta();
        delta.setSeq(++seq);
        delta.setRevision(1);
        delta.setAsOfMs(clockMs());
        if (seq == 1) {
            auto changes = delta.initChanges(static_cast<unsigned>(views.size()));
            for (unsigned i = 0; i < changes.size(); i++)
                box.sheet.write(*by, views[i], changes[i].initUpserts());
            delta.setKind(psp::Delta::Kind::SNAPSHOT_END);
            return kj::READY_NOW;
        }
        context.allowCancellation();
        auto wait = kj::max(100u, kj::min(60000u, context.getParams().getMaxWaitMs()));
        return box.timer.afterDelay(wait * kj::MILLISECONDS);
    }
    Box &box;
    std::shared_ptr<Authority> by;
    std::vector<std::string> views;
    uint64_t seq = 0;
};

struct Grant final : psp::Grant::Server {
    Grant(Box &of, std::shared_ptr<Authority> grantee) : box(of), by(std::move(grantee))
    {
    }

    kj::Promise<void> describe(DescribeContext context) override
    {
        box.sheet.describe(*by, context.getResults());
        return kj::READY_NOW;
    }
    kj::Promise<void> read(ReadContext context) override
    {
        auto query = context.getParams().getQuery();
        box.sheet.check(*by, query.getView());
        if (query.getAsOfMs())
            refuse("unknown", "a file has no history");
        box.sheet.write(*by, query.getView(), context.getResults().initBatch());
        return kj::READY_NOW;
    }
    kj::Promise<void> watch(WatchContext context) override
    {
        std::vector<std::string> views;
        for (auto query : context.getParams().getQueries()) {
            box.sheet.check(*by, query.getView());
            views.push_back(query.getView());
        }
        context.getResults().setWatch(kj::heap<Watch>(box, by, views));
        return kj::READY_NOW;
    }
    kj::Promise<void> health(HealthContext context) override
    {
        auto health = context.getResults().initHealth();
        health.setState(psp::Health::State::OK);
        health.setLifecycle(psp::Health::Lifecycle::ACTIVE);
        health.setClockMs(clockMs());
        health.setRowCount(box.sheet.metrics.size());
        return kj::READY_NOW;
    }
    Box &box;
    std::shared_ptr<Authority> by;
};

struct Totebox final : psp::Totebox::Server {
    Totebox(Box &of, const tls::Hash &from) : box(of), peer(from)
    {
    }

    kj::Promise<void> hello(HelloContext context) override
    {
        auto identity = context.getResults().initIdentity();
        tls::Hash key = tls::publicKey(box.keys.authority);
        identity.setAuthority(tls::bytes(key));
        identity.setProtocolMin(1);
        identity.setProtocolMax(1);
        identity.setClockMs(clockMs());
        identity.setBootId(tls::Bytes(box.bootId.data(), box.bootId.size()));
        identity.initLimits().setMaxWindowMs(3600000);
        identity.setSoftware("totebox-cpp");
        return kj::READY_NOW;
    }
    kj::Promise<void> present(PresentContext context) override
    {
        int64_t now = clockMs();
        capability::Policy policy{tls::publicKey(box.keys.authority), peer, 1, now};
        auto by = std::make_shared<Authority>(context.getParams().getToken(), policy);
        by->writeInfo(context.getResults().initInfo(), now);
        context.getResults().setGrant(kj::heap<Grant>(box, by));
        return kj::READY_NOW;
    }
    kj::Promise<void> pairing(PairingContext context) override
    {
        context.getResults().setToken(
            box.keys.pairing.getRoot<psp::Token>().asReader());
        return kj::READY_NOW;
    }
    Box &box;
    tls::Hash peer;
};

int main(int argc, char **argv)
{
    if (argc < 5) {
        std::cerr << "usage: totebox-cpp ENTITY CSV KEY.pem DEVICE [ADDRESS:PORT]\n";
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    auto io = kj::setupAsyncIo();
    std::ifstream csv(argv[2]);
    KJ_REQUIRE(csv.is_open(), "cannot open", argv[2]);
    Box box{
        Sheet(argv[1], csv),
        Keys(tls::keyFromFile(argv[3]), tls::keyFromPublic(tls::fromBase64(argv[4]))),
        io.provider->getTimer()};
    RAND_bytes(box.bootId.data(), static_cast<int>(box.bootId.size()));
    serve(io, box.keys, argv[1], argc > 5 ? argv[5] : "127.0.0.1:0",
          [&](const tls::Hash &peer) { return kj::heap<Totebox>(box, peer); });
}
