// session.h - a caller in C++: one connection to an archive, and tokens for it.
#pragma once

#include <string>
#include <vector>

#include <capnp/rpc-twoparty.h>
#include <capnp/rpc.capnp.h>
#include <capnp/serialize-async.h>

#include "examples/totebox-cpp/tls.h"
#include "psp.capnp.h"
#include "tests/interop/mint.h"

// A real "totebox serve" on an archive that the real commands made.
class Served
{
  public:
    explicit Served(const tls::Key &device);
    ~Served();
    // Runs "totebox COMMAND ARCHIVE ...": its exit status.
    int command(const std::string &name, const std::vector<std::string> &rest) const;
    int metric(const std::string &key, const std::string &value) const;

    uint16_t port = 0;
    std::string fingerprint;

  private:
    std::string directory, program;
    int process = -1;
};

struct Dialler {
    kj::AsyncIoContext &io;
    const tls::Context &context;
    const Served &served;

    // The TLS connection, after its handshake.
    kj::Own<tls::Stream> dial() const;
};

// A caller on libcapnp.
struct Session {
    explicit Session(const Dialler &dialler)
        : stream(dialler.dial()), client(*stream),
          totebox(client.bootstrap().castAs<psp::Totebox>())
    {
    }
    kj::Own<tls::Stream> stream;
    capnp::TwoPartyClient client;
    psp::Totebox::Client totebox;
};

// A caller that builds the messages of rpc.capnp itself, for those that no library
// sends.
class Wire
{
  public:
    explicit Wire(const Dialler &dialler) : io(dialler.io), stream(dialler.dial())
    {
    }

    // Sends one message; `fill` gets its root.
    template <typename Fill> void send(Fill fill)
    {
        capnp::MallocMessageBuilder built;
        fill(built.initRoot<capnp::rpc::Message>());
        capnp::writeMessage(*stream, built).wait(io.waitScope);
    }
    void bytes(kj::ArrayPtr<const kj::byte> raw)
    {
        stream->write(raw.begin(), raw.size()).wait(io.waitScope);
    }
    // The next message, or nothing when the connection ended.
    bool receive();
    capnp::rpc::Message::Reader said()
    {
        return message->getRoot<capnp::rpc::Message>();
    }
    // What ends a connection: "abort", or what came instead.
    std::string verdict();

    void bootstrap(uint32_t question);
    // A call of hello on a promised answer, or on an import.
    void hello(uint32_t question, uint32_t bootstrap);
    void helloOnImport(uint32_t question, uint32_t import);
    void finish(uint32_t question, bool releases);

  private:
    kj::AsyncIoContext &io;
    kj::Own<tls::Stream> stream;
    kj::Own<capnp::MessageReader> message;
};

// "ok", or the code of what was thrown: "denied" for psp.denied, else the exception's
// type ("unimplemented").
std::string codeOf(const std::function<void()> &act);
