// totebox.cc - a Totebox that serves the metrics of a CSV file.  See README.md.
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>
#include <openssl/rand.h>
#include <signal.h>

#include "examples/totebox-cpp/capability.h"
#include "examples/totebox-cpp/rows.h"
#include "examples/totebox-cpp/tls.h"

using capability::Authority;
using capability::refuse;

struct Box {
    std::string entity;
    tls::Key key, device;
    kj::Timer &timer;
    capnp::MallocMessageBuilder pairing{}; // the link that lets the device in
    std::map<std::string, rows::Row> entities{}, metrics{};
    std::array<kj::byte, 16> bootId{};
};

static int64_t clockMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

static void readRows(Box &box, std::istream &csv)
{
    using rows::word, rows::decimal, rows::whole, rows::marked;
    rows::Cell now = whole(clockMs()), none = marked(rows::notApplicable);
    box.entities[box.entity] = {word(box.entity), word("company"), word("USD"),
                                word("active"),   word("own"),     now};
    for (std::string line; std::getline(csv, line);) {
        std::string f[9], key = box.entity;
        std::istringstream fields(line);
        for (auto &field : f)
            KJ_REQUIRE(bool(std::getline(fields, field, ',')), "a line of nine fields",
                       line);
        for (int part : {0, 1, 4})
            key += "|" + f[part];
        key += "|own|" + f[5] + "|";
        box.metrics[key] = {
            word(f[0]),  word(f[1]), decimal(f[2]), decimal(f[3]), word(f[4]),
            word("own"), word(f[5]), word(""),      word(f[6]),    decimal(f[7]),
            none,        none,       whole(1),      word(f[8]),    now};
    }
}

// Both views as this authority may see them.
static void writeView(const Box &box, const Authority &by, const std::string &name,
                      psp::Batch::Builder to)
{
    const rows::View &view = *rows::viewByName(name);
    std::vector<rows::Named> named;
    for (auto &row : name == "entity" ? box.entities : box.metrics)
        if (by.seesRow(view.name, row.first.c_str()))
            named.push_back({&row.first, &row.second});
    rows::writeBatch(
        to, view, named,
        [&](const rows::Column &column) {
            return by.seesColumn(view.name, column.name);
        },
        [&](const std::string &key, const rows::Column &column) {
            return by.seesCell(view.name, key.c_str(), column.name);
        });
    to.setRevision(1);
    to.setAsOfMs(clockMs());
}

static void check(const Authority &by, kj::StringPtr view)
{
    if (clockMs() >= by.endsMs())
        refuse("expired", "the grant's window is over");
    if (view != "entity" && view != "metric")
        refuse("unknown", "no such view");
    if (!by.seesView(view))
        refuse("denied", "the view is not permitted");
}

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
                writeView(box, *by, views[i], changes[i].initUpserts());
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
        std::vector<const rows::View *> seen;
        for (auto view : {&rows::entity, &rows::metric})
            if (by->seesView(view->name))
                seen.push_back(view);
        auto list = context.getResults().initViews(static_cast<unsigned>(seen.size()));
        for (unsigned i = 0; i < list.size(); i++) {
            list[i].setName(seen[i]->name);
            rows::writeColumns(
                list[i].initColumns(static_cast<unsigned>(seen[i]->columns.size())),
                *seen[i]);
        }
        return kj::READY_NOW;
    }
    kj::Promise<void> read(ReadContext context) override
    {
        auto query = context.getParams().getQuery();
        check(*by, query.getView());
        if (query.getAsOfMs())
            refuse("unknown", "a file has no history");
        writeView(box, *by, query.getView(), context.getResults().initBatch());
        return kj::READY_NOW;
    }
    kj::Promise<void> watch(WatchContext context) override
    {
        std::vector<std::string> views;
        for (auto query : context.getParams().getQueries()) {
            check(*by, query.getView());
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
        health.setRowCount(box.metrics.size());
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
        tls::Hash key = tls::publicKey(box.key);
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
        capability::Policy policy{tls::publicKey(box.key), peer, 1, now};
        auto by = std::make_shared<Authority>(context.getParams().getToken(), policy);
        by->writeInfo(context.getResults().initInfo(), now);
        context.getResults().setGrant(kj::heap<Grant>(box, by));
        return kj::READY_NOW;
    }
    kj::Promise<void> pairing(PairingContext context) override
    {
        context.getResults().setToken(box.pairing.getRoot<psp::Token>().asReader());
        return kj::READY_NOW;
    }
    Box &box;
    tls::Hash peer;
};

// What the owner says once: that device may read everything, for 90 days.
static void pairDevice(Box &box)
{
    capnp::MallocMessageBuilder message;
    auto link = message.initRoot<psp::Link>();
    tls::Hash totebox = tls::publicKey(box.key), device = tls::publicKey(box.device);
    std::array<kj::byte, 16> nonce;
    RAND_bytes(nonce.data(), nonce.size());
    link.setFormat(1);
    link.setDepth(2);
    link.setRights(0x1f);
    link.setEpoch(1);
    link.setNotBefore(clockMs() - 60000);
    link.setNotAfter(clockMs() + 90 * 86400000LL);
    link.setTotebox(tls::bytes(totebox));
    link.initSubject().setDelegate(tls::bytes(device));
    link.setNonce(tls::Bytes(nonce.data(), nonce.size()));
    link.setMaxRows(0xffffffff);
    auto scope = link.initScopes(1)[0];
    scope.initView().setAll();
    scope.initRows().setAll();
    scope.initColumns().setAll();
    auto body = capability::encode(link);
    auto words = capability::signedBytes(capability::linkId(body.asBytes()));
    auto signature = tls::sign(box.key, tls::Bytes(words.data(), words.size()));
    auto first = box.pairing.initRoot<psp::Token>().initLinks(1)[0];
    first.setBody(body.asBytes());
    first.setSignature(tls::Bytes(signature.data(), signature.size()));
}

struct Server final : kj::TaskSet::ErrorHandler {
    Server(Box &of)
        : box(of), context(tls::newContext(of.key, tls::SERVER)), tasks(*this)
    {
    }
    void taskFailed(kj::Exception &&why) override
    {
        std::cerr << why.getDescription().cStr() << std::endl;
    }
    void serve(kj::Own<kj::AsyncIoStream> socket)
    {
        tls::Hash pin = tls::pinOf(box.device);
        auto stream =
            kj::heap<tls::Stream>(context, tls::SERVER, kj::mv(socket),
                                  [pin](const tls::Hash &peer) { return peer == pin; });
        auto &opened = *stream;
        tasks.add(opened.handshake().then([this, stream = kj::mv(stream)]() mutable {
            auto network = kj::heap<capnp::TwoPartyVatNetwork>(
                *stream, capnp::rpc::twoparty::Side::SERVER);
            auto rpc = kj::heap(
                capnp::makeRpcServer(*network, kj::heap<Totebox>(box, stream->peer())));
            auto end = network->onDisconnect();
            return end.attach(kj::mv(rpc), kj::mv(network), kj::mv(stream));
        }));
    }
    kj::Promise<void> accept(kj::ConnectionReceiver &receiver)
    {
        return receiver.accept().then([&](kj::Own<kj::AsyncIoStream> socket) {
            serve(kj::mv(socket));
            return accept(receiver);
        });
    }
    Box &box;
    tls::Context context;
    kj::TaskSet tasks;
};

int main(int argc, char **argv)
{
    if (argc < 5) {
        std::cerr << "usage: totebox-cpp ENTITY CSV KEY.pem DEVICE [ADDRESS:PORT]\n";
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    auto io = kj::setupAsyncIo();
    Box box{argv[1], tls::keyFromFile(argv[3]),
            tls::keyFromPublic(tls::fromBase64(argv[4])), io.provider->getTimer()};
    std::ifstream csv(argv[2]);
    KJ_REQUIRE(csv.is_open(), "cannot open", argv[2]);
    RAND_bytes(box.bootId.data(), static_cast<int>(box.bootId.size()));
    readRows(box, csv);
    pairDevice(box);
    Server server(box);
    std::string where = argc > 5 ? argv[5] : "127.0.0.1:0";
    auto receiver = io.provider->getNetwork()
                        .parseAddress(where.c_str())
                        .wait(io.waitScope)
                        ->listen();
    std::cout << "ready " << box.entity << " " << where.substr(0, where.rfind(':'))
              << ":" << receiver->getPort() << " "
              << tls::fingerprint(tls::pinOf(box.key)) << std::endl;
    server.accept(*receiver).wait(io.waitScope);
}
