// archive.cc - a Totebox on libcapnp and OpenSSL: the other end of our links and
// caller.
//
//   archive ENTITY DEVICE      DEVICE: public key of the one device that is admitted,
//   hex
//
// Says "ready PORT AUTHORITY" and then obeys, line by line on standard input; each
// order is answered with one line that begins with "ok" (orders: see Desk::obey).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <list>
#include <sstream>

#include <capnp/message.h>
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/vector.h>
#include <signal.h>

#include "examples/totebox-cpp/capability.h"
#include "examples/totebox-cpp/rows.h"
#include "examples/totebox-cpp/tls.h"
#include "psp.capnp.h"
#include "tests/interop/book.h"
#include "tests/interop/commander.h"
#include "tests/interop/mint.h"
#include "tests/interop/tap.h"

namespace
{

using capability::Authority;
using capability::refuse;

struct Watcher;
struct Connection;

// What was ordered, and what happened.
struct Archive {
    Archive(const std::string &id, kj::Timer &clock, const tls::Hash &deviceKey)
        : entity(id), timer(clock), key(tls::newKey()), device(deviceKey)
    {
    }
    int64_t clockMs() const
    {
        auto now = std::chrono::system_clock::now().time_since_epoch();
        return clockOffsetMs +
               std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    }
    // Throws what was ordered for this method.
    void admit(const std::string &method)
    {
        counts[method]++;
        auto order = refusals.find(method);
        if (order != refusals.end())
            kj::throwFatalException(kj::Exception(order->second.first, __FILE__,
                                                  __LINE__,
                                                  kj::str(order->second.second)));
    }
    void check(const Authority &authority) const
    {
        if (clockMs() >= authority.endsMs())
            refuse("expired", "the grant's window is over");
    }

    std::string entity;
    kj::Timer &timer;
    tls::Key key;
    tls::Hash device;
    Book book;
    std::string bootId = "boot-id-0123456";
    std::list<Watcher *> watchers;
    std::list<kj::Own<Connection>> connections;

    std::map<std::string, std::pair<kj::Exception::Type, std::string>> refusals;
    std::map<std::string, uint32_t> counts;
    Forms forms;
    int64_t clockOffsetMs = 0, pairingMs = 86400000;
    uint64_t epoch = 1;
    uint32_t partRows = 2000, reverse = 0, promiseMs = 0;
    bool scatters = false, paired = true, breaksPromises = false;
    bool takesCommands = false; // and pairs devices as operators
    commands::Ledger ledger{key, [this]() { return clockMs(); },
                            [this]() { return book.revision(); }};
    std::vector<kj::Own<kj::PromiseFulfiller<void>>> held; // reads, to be reversed
};

// --- batches ---------------------------------------------------------------------

// The same batch with its lists as adopted orphans, so that the library has to write
// far pointers, and double-far ones where a list fills its segment to the last word.
void scatter(psp::Batch::Reader from, psp::Batch::Builder to)
{
    auto orphanage = capnp::Orphanage::getForMessageContaining(to);
    auto columns = to.initColumns(from.getColumns().size());
    for (unsigned i = 0; i < columns.size(); i++) {
        auto source = from.getColumns()[i];
        columns[i].setInfo(source.getInfo());
        if (source.isDecimals())
            columns[i].adoptDecimals(orphanage.newOrphanCopy(source.getDecimals()));
        else if (source.isWides())
            columns[i].adoptWides(orphanage.newOrphanCopy(source.getWides()));
        else if (source.isInts())
            columns[i].adoptInts(orphanage.newOrphanCopy(source.getInts()));
        else if (source.isTexts())
            columns[i].adoptTexts(orphanage.newOrphanCopy(source.getTexts()));
        if (source.hasMarks())
            columns[i].adoptMarks(orphanage.newOrphanCopy(source.getMarks()));
    }
    to.adoptKeys(orphanage.newOrphanCopy(from.getKeys()));
    to.setView(from.getView());
    to.setRowCount(from.getRowCount());
}

void writeRows(Archive &archive, const Authority &authority, psp::Batch::Builder to,
               const rows::View &view, const std::vector<rows::Named> &named)
{
    auto seesColumn = [&](const rows::Column &column) {
        return authority.seesColumn(view.name, column.name);
    };
    auto seesCell = [&](const std::string &key, const rows::Column &column) {
        return authority.seesCell(view.name, key.c_str(), column.name);
    };
    if (!archive.scatters) {
        rows::writeBatch(to, view, named, seesColumn, seesCell);
        return;
    }
    capnp::MallocMessageBuilder scratch;
    auto whole = scratch.initRoot<psp::Batch>();
    rows::writeBatch(whole, view, named, seesColumn, seesCell);
    scatter(whole.asReader(), to);
}

std::vector<rows::Named> visible(const Authority &authority, const std::string &view,
                                 std::vector<rows::Named> named)
{
    auto hidden = [&](const rows::Named &one) {
        return !authority.seesRow(view.c_str(), one.key->c_str());
    };
    named.erase(std::remove_if(named.begin(), named.end(), hidden), named.end());
    return named;
}

// --- watch -----------------------------------------------------------------------

struct Watcher final : public psp::Watch::Server {
    using Context = NextContext;
    struct Item {
        Book::Name name;
        const rows::Row *row; // nullptr: deleted
    };
    // A call that waits; it leaves the queue when it is answered or cancelled.
    struct Waiting {
        Waiting(kj::PromiseFulfiller<void> &promise, Watcher &watcher, Context call)
            : fulfiller(promise), owner(watcher), context(kj::mv(call)),
              waitMs(std::clamp(context.getParams().getMaxWaitMs(), 100u, 60000u))
        {
            owner.waiting.push_back(this);
        }
        ~Waiting()
        {
            if (owner.waiting.remove(this)) // it was not answered
                owner.archive.counts["cancelled"]++;
        }
        kj::PromiseFulfiller<void> &fulfiller;
        Watcher &owner;
        Context context;
        uint32_t waitMs; // from when it is the first in the queue
    };

    Watcher(Archive &of, std::shared_ptr<Authority> by,
            std::vector<std::string> watched, uint64_t resumed)
        : archive(of), authority(std::move(by)), views(std::move(watched)),
          told(resumed), needsSnapshot(resumed == 0)
    {
        archive.watchers.push_back(this);
    }
    ~Watcher() noexcept(false)
    {
        archive.watchers.remove(this);
        archive.counts["watches-gone"]++;
    }

    kj::Promise<void> next(Context context) override
    {
        archive.admit("next");
        if (ended)
            refuse("ended", "the watch has ended");
        if (waiting.size() >= 16)
            refuse("limit", "16 calls wait");
        context.allowCancellation();
        auto answered = kj::newAdaptedPromise<void, Waiting>(*this, kj::mv(context));
        if (waiting.size() == 1)
            arm();
        serve();
        return answered.attach(thisCap());
    }

    psp::Delta::Builder begin(psp::Delta::Kind kind)
    {
        auto delta = waiting.front()->context.getResults().initDelta();
        delta.setSeq(++sequence);
        delta.setKind(kind);
        delta.setAsOfMs(archive.book.committedMs());
        return delta;
    }
    void end()
    {
        Waiting *answered = waiting.front();
        waiting.pop_front();
        answered->fulfiller.fulfill();
        arm();
    }
    void bare(psp::Delta::Kind kind)
    {
        if (waiting.empty())
            return;
        auto delta = begin(kind);
        if (kind == psp::Delta::Kind::HEARTBEAT)
            delta.setRevision(archive.book.revision());
        end();
    }

    void serve()
    {
        while (!waiting.empty() && !ended) {
            if (needsReset) {
                group.clear();
                bare(psp::Delta::Kind::RESET);
                needsReset = false;
                needsSnapshot = true;
                continue;
            }
            if (!groupOpen && !openGroup())
                return;
            part();
        }
    }
    void reset()
    {
        needsReset = true, groupOpen = false;
    }
    void finish()
    {
        bare(psp::Delta::Kind::ENDED);
        ended = true;
        while (!waiting.empty()) {
            Waiting *refused = waiting.front();
            waiting.pop_front();
            refused->fulfiller.reject(kj::Exception(kj::Exception::Type::FAILED,
                                                    __FILE__, __LINE__,
                                                    kj::str("psp.ended: over")));
        }
    }

  private:
    friend struct Waiting;
    struct Queue : std::list<Waiting *> {
        bool remove(Waiting *one)
        {
            auto found = std::find(begin(), end(), one);
            if (found == end())
                return false;
            erase(found);
            return true;
        }
    };

    void arm()
    {
        if (waiting.empty())
            return;
        uint64_t before = sequence;
        heart = archive.timer.afterDelay(waiting.front()->waitMs * kj::MILLISECONDS)
                    .then([this, before]() {
                        if (sequence == before && !ended && !groupOpen)
                            due = kj::evalLater([this]() {
                                      bare(psp::Delta::Kind::HEARTBEAT);
                                  }).eagerlyEvaluate(nullptr);
                    })
                    .eagerlyEvaluate(nullptr);
    }

    bool openGroup()
    {
        Book &book = archive.book;
        group.clear();
        named.clear();
        revision = book.revision();
        snapshot = needsSnapshot;
        if (snapshot)
            for (auto &view : views)
                for (auto &one : visible(*authority, view, book.rowsOf(view, revision)))
                    group.push_back({{view, *one.key}, one.row});
        else if (told < revision)
            for (auto &name : book.changedSince(told))
                if (std::count(views.begin(), views.end(), name.first))
                    group.push_back({name, book.at(name, revision)});
        if (!snapshot && group.empty())
            return false;
        groupOpen = true;
        needsSnapshot = false;
        return true;
    }

    void part()
    {
        uint32_t most = archive.partRows;
        if (uint32_t asked = waiting.front()->context.getParams().getMaxRows())
            most = std::min(most, asked);
        auto count = std::min(group.size(), size_t(most));
        bool closes = count == group.size();
        auto delta = begin(
            snapshot
                ? (closes ? psp::Delta::Kind::SNAPSHOT_END : psp::Delta::Kind::SNAPSHOT)
                : (closes ? psp::Delta::Kind::UPDATE : psp::Delta::Kind::UPDATE_PART));
        delta.setRevision(revision);
        writeChanges(delta,
                     std::vector<Item>(group.begin(), group.begin() + long(count)),
                     closes && snapshot);
        if (closes) {
            archive.counts[snapshot ? "snapshots" : "updates"]++;
            told = revision;
            groupOpen = false;
            std::string position = archive.bootId + " " + std::to_string(revision);
            delta.setResume(capnp::Data::Reader(
                reinterpret_cast<const kj::byte *>(position.data()), position.size()));
        }
        group.erase(group.begin(), group.begin() + long(count));
        end();
    }

    // `all`: views that no part has named yet are told their columns.
    void writeChanges(psp::Delta::Builder delta, const std::vector<Item> &items,
                      bool all)
    {
        std::vector<std::string> changed;
        for (auto &view : views) {
            bool has = std::any_of(items.begin(), items.end(), [&](const Item &item) {
                return item.name.first == view;
            });
            if (has || (all && !std::count(named.begin(), named.end(), view)))
                changed.push_back(view);
        }
        named.insert(named.end(), changed.begin(), changed.end());
        auto changes = delta.initChanges(static_cast<unsigned>(changed.size()));
        for (unsigned i = 0; i < changes.size(); i++)
            writeChange(changes[i], changed[i], items);
    }

    void writeChange(psp::Change::Builder change, const std::string &view,
                     const std::vector<Item> &items)
    {
        std::vector<rows::Named> upserts;
        std::vector<std::string> deletes;
        for (auto &item : items)
            if (item.name.first == view && item.row)
                upserts.push_back({&item.name.second, item.row});
            else if (item.name.first == view)
                deletes.push_back(item.name.second);
        writeRows(archive, *authority, change.initUpserts(), *rows::viewByName(view),
                  upserts);
        change.getUpserts().setRevision(revision);
        change.getUpserts().setAsOfMs(archive.book.committedMs());
        auto keys = change.initDeletes(static_cast<unsigned>(deletes.size()));
        for (unsigned i = 0; i < keys.size(); i++)
            keys.set(i, deletes[i].c_str());
    }

    Archive &archive;
    std::shared_ptr<Authority> authority;
    std::vector<std::string> views, named;
    Queue waiting;
    std::vector<Item> group; // what of it was not sent yet
    uint64_t sequence = 0, revision = 0, told;
    bool groupOpen = false, snapshot = false, needsSnapshot, needsReset = false;
    bool ended = false;
    kj::Promise<void> heart = kj::READY_NOW, due = kj::READY_NOW;
};

// --- grant -----------------------------------------------------------------------

// A capability as ordered: itself, or a promise that resolves to it later.
template <typename Client> Client given(Archive &archive, Client client)
{
    if (archive.promiseMs == 0)
        return client;
    auto later = archive.timer.afterDelay(archive.promiseMs * kj::MILLISECONDS);
    bool breaks = archive.breaksPromises;
    return later.then([client = kj::mv(client), breaks]() mutable -> Client {
        if (breaks)
            refuse("revoked", "a promise that was broken");
        return kj::mv(client);
    });
}

class GrantServer final : public psp::Grant::Server
{
  public:
    GrantServer(Archive &of, std::shared_ptr<Authority> by)
        : archive(of), authority(std::move(by))
    {
    }
    ~GrantServer() noexcept(false)
    {
        archive.counts["grants-gone"]++;
    }

    kj::Promise<void> describe(DescribeContext context) override
    {
        archive.admit("describe");
        archive.check(*authority);
        std::vector<const rows::View *> views;
        for (const rows::View *view : {&rows::entity, &rows::own, &rows::metric})
            if (authority->seesView(view->name))
                views.push_back(view);
        auto list = context.getResults().initViews(static_cast<unsigned>(views.size()));
        for (unsigned i = 0; i < list.size(); i++) {
            list[i].setName(views[i]->name);
            list[i].setRevision(archive.book.revision());
            list[i].setRows(
                archive.book.rowsOf(views[i]->name, archive.book.revision()).size());
            rows::writeColumns(
                list[i].initColumns(static_cast<unsigned>(views[i]->columns.size())),
                *views[i]);
        }
        return kj::READY_NOW;
    }

    kj::Promise<void> read(ReadContext context) override
    {
        archive.admit("read");
        archive.check(*authority);
        if (archive.reverse == 0) {
            page(context);
            return kj::READY_NOW;
        }
        // The last one that was awaited lets all of them go, newest first.
        auto pair = kj::newPromiseAndFulfiller<void>();
        archive.held.push_back(kj::mv(pair.fulfiller));
        if (archive.held.size() == archive.reverse)
            release(archive);
        return pair.promise.then([this, context]() mutable { page(context); });
    }

    kj::Promise<void> watch(WatchContext context) override
    {
        archive.admit("watch");
        archive.check(*authority);
        std::vector<std::string> views;
        for (auto query : context.getParams().getQueries()) {
            std::string view = query.getView().cStr();
            if (!rows::viewByName(view))
                refuse("unknown", "no such view");
            if (!authority->seesView(view.c_str()))
                refuse("denied", "a view is not permitted");
            views.push_back(view);
        }
        if (views.empty())
            refuse("malformed", "a watch without queries");
        auto watcher = kj::heap<Watcher>(archive, authority, std::move(views),
                                         position(context.getParams().getResume()));
        context.getResults().setWatch(
            given(archive, psp::Watch::Client(kj::mv(watcher))));
        return kj::READY_NOW;
    }

    kj::Promise<void> health(HealthContext context) override
    {
        archive.admit("health");
        auto health = context.getResults().initHealth();
        health.setState(psp::Health::State::OK);
        health.setLifecycle(psp::Health::Lifecycle::ACTIVE);
        health.setClockMs(archive.clockMs());
        health.setRevision(archive.book.revision());
        health.setCheckpoint("totebox/CPP\n1\n");
        health.initAlerts(1)[0].setText("an alert that the caller does not know of");
        return kj::READY_NOW;
    }

  private:
    static void release(Archive &archive)
    {
        auto held = kj::mv(archive.held);
        archive.held.clear();
        archive.reverse = 0;
        for (size_t i = held.size(); i-- > 0;)
            held[i]->fulfill();
    }

    uint64_t position(capnp::Data::Reader resume)
    {
        std::string text(reinterpret_cast<const char *>(resume.begin()), resume.size());
        if (text.compare(0, archive.bootId.size(), archive.bootId) != 0)
            return 0;
        archive.counts["resumed"]++;
        return std::stoull(text.substr(archive.bootId.size()));
    }

    void page(ReadContext context)
    {
        auto query = context.getParams().getQuery();
        std::string view = query.getView().cStr();
        uint64_t revision = archive.book.revision();
        if (!rows::viewByName(view))
            refuse("unknown", "no such view");
        if (query.getAsOfMs())
            revision = archive.book.revisionAt(query.getAsOfMs());
        auto named = visible(*authority, view, archive.book.rowsOf(view, revision));
        std::string after = query.getCursor().asChars().size()
                                ? std::string(query.getCursor().asChars().begin(),
                                              query.getCursor().asChars().end())
                                : "";
        auto seen = [&](const rows::Named &one) { return *one.key <= after; };
        named.erase(std::remove_if(named.begin(), named.end(), seen), named.end());
        auto limit = query.getLimit() ? size_t(query.getLimit()) : named.size();
        bool more = named.size() > limit;
        named.resize(std::min(named.size(), limit));
        auto batch = context.getResults().initBatch();
        writeRows(archive, *authority, batch, *rows::viewByName(view), named);
        batch.setRevision(revision);
        batch.setAsOfMs(query.getAsOfMs() ? query.getAsOfMs()
                                          : archive.book.committedMs());
        if (more)
            batch.setNextCursor(capnp::Data::Reader(
                reinterpret_cast<const kj::byte *>(named.back().key->data()),
                named.back().key->size()));
    }

    Archive &archive;
    std::shared_ptr<Authority> authority;
};

// --- the bootstrap object ----------------------------------------------------------

class ToteboxServer final : public psp::Totebox::Server
{
  public:
    ToteboxServer(Archive &of, const tls::Stream &by) : archive(of), stream(by)
    {
    }

    kj::Promise<void> hello(HelloContext context) override
    {
        archive.admit("hello");
        auto identity = context.getResults().initIdentity();
        tls::Hash authority = tls::publicKey(archive.key);
        identity.setAuthority(tls::bytes(authority));
        identity.setProtocolMin(1);
        identity.setProtocolMax(1);
        identity.setClockMs(archive.clockMs());
        identity.setBootId(kj::StringPtr("0123456789abcdef").asBytes());
        identity.initLimits().setMaxWindowMs(3600000);
        identity.getLimits().setMaxSkewMs(30000);
        identity.getLimits().setMaxRowsPerReply(2000);
        identity.setSoftware("a Totebox in C++");
        return kj::READY_NOW;
    }

    kj::Promise<void> present(PresentContext context) override
    {
        archive.admit("present");
        capability::Policy policy{tls::publicKey(archive.key), stream.peer(),
                                  archive.epoch, archive.clockMs()};
        auto authority =
            std::make_shared<Authority>(context.getParams().getToken(), policy);
        archive.counts["verified"]++;
        auto results = context.getResults();
        authority->writeInfo(results.initInfo(), archive.clockMs());
        results.setGrant(given(
            archive, psp::Grant::Client(kj::heap<GrantServer>(archive, authority))));
        return kj::READY_NOW;
    }

    kj::Promise<void> presentCommand(PresentCommandContext context) override
    {
        archive.admit("presentCommand");
        if (!archive.takesCommands)
            return Server::presentCommand(context); // unimplemented, says the library
        capability::Policy policy{tls::publicKey(archive.key), stream.peer(),
                                  archive.epoch, archive.clockMs()};
        auto authority = std::make_shared<Authority>(context.getParams().getToken(),
                                                     policy, psp::RIGHT_COMMAND);
        auto results = context.getResults();
        authority->writeInfo(results.initInfo(), archive.clockMs());
        results.setCommander(
            given(archive, commands::newCommander(archive.ledger, authority)));
        return kj::READY_NOW;
    }

    kj::Promise<void> pairing(PairingContext context) override
    {
        archive.admit("pairing");
        if (!archive.paired)
            refuse("unknown", "not paired");
        int64_t now = archive.clockMs();
        capnp::MallocMessageBuilder message;
        auto link = mint::link(message, tls::publicKey(archive.key), now - 60000,
                               now + archive.pairingMs);
        link.setDepth(2);
        link.setEpoch(archive.epoch);
        mint::delegate(link, archive.device);
        mint::scopeAll(link);
        if (archive.takesCommands) {
            link.setRights(0x3f);
            link.initVerbs().setAll();
        }
        mint::append(context.getResults().initToken(), archive.key, {link});
        return kj::READY_NOW;
    }

    kj::Promise<void> pair(PairContext context) override
    {
        archive.admit("pair");
        commit = kj::heapArray<kj::byte>(context.getParams().getCommit());
        context.getResults().setNonce(
            kj::StringPtr("a nonce of the Totebox, 32 bytes").asBytes());
        return kj::READY_NOW;
    }

    kj::Promise<void> pairReveal(PairRevealContext context) override
    {
        archive.admit("pairReveal");
        tls::Hash revealed = tls::sha256({context.getParams().getNonce()});
        if (commit != tls::bytes(revealed))
            refuse("denied", "not what was committed to");
        return kj::READY_NOW;
    }

  private:
    Archive &archive;
    const tls::Stream &stream;
    kj::Array<kj::byte> commit;
};

struct Connection {
    Connection(Archive &archive, kj::Own<tls::Stream> opened)
        : stream(kj::mv(opened)), tap(*stream, archive.forms),
          network(tap, capnp::rpc::twoparty::Side::SERVER),
          rpc(capnp::makeRpcServer(network, kj::heap<ToteboxServer>(archive, *stream)))
    {
    }
    kj::Own<tls::Stream> stream;
    Tap tap;
    capnp::TwoPartyVatNetwork network;
    capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;
};

// --- orders ------------------------------------------------------------------------

const std::map<std::string, kj::Exception::Type> exceptionTypes = {
    {"failed", kj::Exception::Type::FAILED},
    {"overloaded", kj::Exception::Type::OVERLOADED},
    {"disconnected", kj::Exception::Type::DISCONNECTED},
    {"unimplemented", kj::Exception::Type::UNIMPLEMENTED},
};

// "-12.5", or "!4": no value, with the mark 4.
rows::Cell cell(const std::string &text)
{
    return text[0] == '!'
               ? rows::marked(static_cast<uint8_t>(std::stoul(text.substr(1))))
               : rows::decimal(text);
}

class Desk final : public kj::TaskSet::ErrorHandler
{
  public:
    explicit Desk(Archive &ours) : archive(ours), tasks(*this)
    {
        setEntity("Totebox in C++");
        archive.book.commit(archive.clockMs());
    }

    void admit(kj::Own<kj::AsyncIoStream> socket, const tls::Context &context)
    {
        archive.counts["dials"]++;
        tls::Hash pin = tls::pinOf(tls::keyFromPublic(tls::bytes(archive.device)));
        auto stream =
            kj::heap<tls::Stream>(context, tls::SERVER, kj::mv(socket),
                                  [pin](const tls::Hash &peer) { return peer == pin; });
        auto &raw = *stream;
        tasks.add(raw.handshake().then([this, stream = kj::mv(stream)]() mutable {
            archive.connections.push_back(
                kj::heap<Connection>(archive, kj::mv(stream)));
            auto connection = archive.connections.back().get();
            tasks.add(connection->network.onDisconnect().then([this, connection]() {
                archive.connections.remove_if(
                    [=](auto &one) { return one.get() == connection; });
            }));
        }));
    }

    // Returns what is said.
    std::string obey(const std::string &line);

  private:
    void taskFailed(kj::Exception &&exception) override
    {
        archive.counts["failures"]++;
        lastFailure = exception.getDescription().cStr();
    }
    void setEntity(const std::string &name)
    {
        archive.book.set("entity", archive.entity,
                         {rows::word(name), rows::word("company"), rows::word("USD"),
                          rows::word("active"), rows::word("own"),
                          rows::whole(archive.clockMs())});
    }
    void setMetric(const std::string &name, const rows::Cell &value,
                   const rows::Cell &num, const rows::Cell &den)
    {
        archive.book.set(
            "metric", archive.entity + "|" + name + "|2025|actual|own|USD|",
            {rows::word(name), rows::word("2025"), rows::whole(20250101),
             rows::whole(20251231), rows::word("actual"), rows::word("own"),
             rows::word("USD"), rows::word(""), rows::word("flow"), value, num, den,
             rows::whole(1), rows::word("ok"), rows::whole(archive.clockMs())});
    }
    void setOwn(const std::string &owned, int64_t num, int64_t den)
    {
        archive.book.set("own", archive.entity + "|" + owned + "|20200101",
                         {rows::word(owned), rows::whole(20200101), rows::whole(0),
                          rows::whole(num), rows::whole(den), rows::word("full")});
    }
    void change(const std::string &order, std::istringstream &words);
    void hold(const std::string &order, std::istringstream &words);
    std::string tell() const;
    template <typename Act> void everyWatcher(Act act)
    {
        auto all = archive.watchers; // who is served may leave
        for (Watcher *watcher : all)
            if (std::count(archive.watchers.begin(), archive.watchers.end(), watcher))
                act(*watcher);
    }

    Archive &archive;
    kj::TaskSet tasks;
    std::string lastFailure;
};

// Rows: what is set is seen after "commit".
void Desk::change(const std::string &order, std::istringstream &words)
{
    std::string name, value, num = "!1", den = "!1";
    uint32_t count = 0, denominator = 0;
    if (order == "set" && words >> name >> value) {
        words >> num >> den;
        setMetric(name, cell(value), cell(num), cell(den));
    } else if (order == "bulk" && words >> count) {
        for (uint32_t i = 0; i < count; i++)
            setMetric("bulk" + std::to_string(10000 + i),
                      rows::decimal(std::to_string(i) + ".25"), rows::marked(1),
                      rows::marked(1));
    } else if (order == "own" && words >> name >> count >> denominator) {
        setOwn(name, count, denominator);
    } else if (order == "name") {
        std::getline(words >> std::ws, name);
        setEntity(name);
    } else if (order == "delete" && words >> name) {
        archive.book.erase("metric",
                           archive.entity + "|" + name + "|2025|actual|own|USD|");
    } else if (order == "commit") {
        archive.book.commit(archive.clockMs());
        everyWatcher([](Watcher &watcher) { watcher.serve(); });
    }
}

// How it behaves from now on.
void Desk::hold(const std::string &order, std::istringstream &words)
{
    std::string method, type, reason;
    if (order == "refuse" && words >> method >> type) {
        std::getline(words >> std::ws, reason);
        archive.refusals[method] = {exceptionTypes.at(type), reason};
    } else if (order == "allow") {
        archive.refusals.clear();
    } else if (order == "parts") {
        words >> archive.partRows;
    } else if (order == "reverse") {
        words >> archive.reverse;
    } else if (order == "promises") {
        words >> archive.promiseMs;
        archive.breaksPromises = bool(words >> reason);
    } else if (order == "scatter") {
        words >> archive.scatters;
    } else if (order == "clock") {
        words >> archive.clockOffsetMs;
    } else if (order == "pairing") {
        words >> archive.pairingMs;
        archive.paired = archive.pairingMs != 0;
    } else if (order == "epoch") {
        words >> archive.epoch;
    } else if (order == "commands") {
        words >> archive.takesCommands;
    } else if (order == "reboot") {
        archive.bootId = "boot-id-another";
    }
}

std::string Desk::tell() const
{
    std::string said;
    for (auto &count : archive.counts)
        said += " " + count.first + "=" + std::to_string(count.second);
    said += " executed=" + std::to_string(archive.ledger.executed);
    said += " connections=" + std::to_string(archive.connections.size());
    said += " watching=" + std::to_string(archive.watchers.size());
    said += " revision=" + std::to_string(archive.book.revision());
    said += " committed=" + std::to_string(archive.book.committedMs());
    said += " segments=" + std::to_string(archive.forms.segments);
    said += " far=" + std::to_string(archive.forms.far);
    said += " double-far=" + std::to_string(archive.forms.doubleFar);
    return said + " failure=" + lastFailure;
}

std::string Desk::obey(const std::string &line)
{
    std::istringstream words(line);
    std::string order;
    words >> order;
    if (order == "tell")
        return "ok" + tell();
    if (order == "hangup")
        archive.connections.clear();
    else if (order == "beat")
        everyWatcher(
            [](Watcher &watcher) { watcher.bare(psp::Delta::Kind::HEARTBEAT); });
    else if (order == "reset")
        everyWatcher([](Watcher &watcher) { watcher.reset(), watcher.serve(); });
    else if (order == "end")
        everyWatcher([](Watcher &watcher) { watcher.finish(); });
    change(order, words);
    hold(order, words);
    return "ok";
}

// Standard input as lines; the end of it ends the program.
kj::Promise<void> readOrders(kj::AsyncInputStream &input, Desk &desk, std::string &line)
{
    auto buffer = kj::heapArray<char>(4096);
    auto reading = input.tryRead(buffer.begin(), 1, buffer.size());
    return reading.then([&, buffer = kj::mv(buffer)](size_t got) -> kj::Promise<void> {
        if (got == 0)
            return kj::READY_NOW;
        for (char c : kj::arrayPtr(buffer.begin(), got)) {
            if (c != '\n') {
                line += c;
                continue;
            }
            std::cout << desk.obey(line) << std::endl;
            line.clear();
        }
        return readOrders(input, desk, line);
    });
}

kj::Promise<void> acceptAll(kj::ConnectionReceiver &receiver, Desk &desk,
                            const tls::Context &context)
{
    return receiver.accept().then([&](kj::Own<kj::AsyncIoStream> socket) {
        desk.admit(kj::mv(socket), context);
        return acceptAll(receiver, desk, context);
    });
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    auto io = kj::setupAsyncIo();
    Archive archive(argv[1], io.provider->getTimer(), mint::fromHex(argv[2]));
    Desk desk(archive);
    tls::Context context = tls::newContext(archive.key, tls::SERVER);
    auto address =
        io.provider->getNetwork().parseAddress("127.0.0.1", 0).wait(io.waitScope);
    auto receiver = address->listen();
    auto accepting = acceptAll(*receiver, desk, context).eagerlyEvaluate(nullptr);
    auto input = io.lowLevelProvider->wrapInputFd(0);
    std::string line;
    std::cout << "ready " << receiver->getPort() << " "
              << mint::toHex(tls::publicKey(archive.key)) << std::endl;
    readOrders(*input, desk, line).wait(io.waitScope);
    /* Calls that the library still holds point at the archive: nothing is destroyed. */
    std::_Exit(0);
}
