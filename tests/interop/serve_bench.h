// serve_bench.h - a caller on libcapnp and OpenSSL for the real "totebox serve": tokens
// as a test wants them, and TAP for what came of it.
//
// Everything that needs a signature is signed here, over canonical bodies that libcapnp
// wrote.
#pragma once

#include <chrono>
#include <cstdio>
#include <functional>

#include <kj/debug.h>

#include "tests/interop/session.h"

using Query = psp::Query::Builder;

inline int64_t clockMs()
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

inline void same(const std::string &a, const std::string &b)
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

inline void asItIs(psp::Link::Builder)
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

inline std::string columnText(psp::Batch::Reader batch, const char *name, unsigned row)
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

// Runs the tests against a server of their own; the exit status.
int serveTests(std::initializer_list<void (*)(Bench &, Report &)> tests);
