#include "examples/totebox-cpp/server.h"

#include <iostream>

#include <capnp/rpc-twoparty.h>
#include <openssl/rand.h>

#include "examples/totebox-cpp/capability.h"
#include "examples/totebox-cpp/sheet.h"

// What the owner says once: that device may read everything, for 90 days.
Keys::Keys(tls::Key own, tls::Key of) : authority(std::move(own)), device(std::move(of))
{
    capnp::MallocMessageBuilder message;
    auto link = message.initRoot<psp::Link>();
    tls::Hash totebox = tls::publicKey(authority), pinned = tls::publicKey(device);
    std::array<kj::byte, 16> nonce;
    RAND_bytes(nonce.data(), nonce.size());
    link.setFormat(1);
    link.setDepth(2);
    link.setRights(0x1f);
    link.setEpoch(1);
    link.setNotBefore(clockMs() - 60000);
    link.setNotAfter(clockMs() + 90 * 86400000LL);
    link.setTotebox(tls::bytes(totebox));
    link.initSubject().setDelegate(tls::bytes(pinned));
    link.setNonce(tls::Bytes(nonce.data(), nonce.size()));
    link.setMaxRows(0xffffffff);
    auto scope = link.initScopes(1)[0];
    scope.initView().setAll();
    scope.initRows().setAll();
    scope.initColumns().setAll();
    auto body = capability::encode(link);
    auto words = capability::signedBytes(capability::linkId(body.asBytes()));
    auto signature = tls::sign(authority, tls::Bytes(words.data(), words.size()));
    auto first = pairing.initRoot<psp::Token>().initLinks(1)[0];
    first.setBody(body.asBytes());
    first.setSignature(tls::Bytes(signature.data(), signature.size()));
}

namespace
{

struct Server final : kj::TaskSet::ErrorHandler {
    Server(const Keys &of, Bootstrap how)
        : keys(of), object(std::move(how)),
          context(tls::newContext(of.authority, tls::SERVER)), tasks(*this)
    {
    }
    void taskFailed(kj::Exception &&why) override
    {
        std::cerr << why.getDescription().cStr() << std::endl;
    }
    void admit(kj::Own<kj::AsyncIoStream> socket)
    {
        tls::Hash pin = tls::pinOf(keys.device);
        auto stream =
            kj::heap<tls::Stream>(context, tls::SERVER, kj::mv(socket),
                                  [pin](const tls::Hash &peer) { return peer == pin; });
        auto &opened = *stream;
        tasks.add(opened.handshake().then([this, stream = kj::mv(stream)]() mutable {
            auto network = kj::heap<capnp::TwoPartyVatNetwork>(
                *stream, capnp::rpc::twoparty::Side::SERVER);
            auto rpc = kj::heap(capnp::makeRpcServer(*network, object(stream->peer())));
            auto end = network->onDisconnect();
            return end.attach(kj::mv(rpc), kj::mv(network), kj::mv(stream));
        }));
    }
    kj::Promise<void> accept(kj::ConnectionReceiver &receiver)
    {
        return receiver.accept().then([&](kj::Own<kj::AsyncIoStream> socket) {
            admit(kj::mv(socket));
            return accept(receiver);
        });
    }
    const Keys &keys;
    Bootstrap object;
    tls::Context context;
    kj::TaskSet tasks;
};

} // namespace

void serve(kj::AsyncIoContext &io, const Keys &keys, const std::string &entity,
           const std::string &where, Bootstrap object)
{
    Server server(keys, std::move(object));
    auto receiver = io.provider->getNetwork()
                        .parseAddress(where.c_str())
                        .wait(io.waitScope)
                        ->listen();
    std::cout << "ready " << entity << " " << where.substr(0, where.rfind(':')) << ":"
              << receiver->getPort() << " "
              << tls::fingerprint(tls::pinOf(keys.authority)) << std::endl;
    server.accept(*receiver).wait(io.waitScope);
}
