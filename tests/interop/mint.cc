#include "tests/interop/mint.h"

#include <openssl/rand.h>

namespace mint
{

namespace
{
constexpr uint32_t readRights = 0x1f;
} // namespace

std::string toHex(const tls::Hash &hash)
{
    static const char digits[] = "0123456789abcdef";
    std::string hex;
    for (kj::byte byte : hash)
        hex += {digits[byte >> 4], digits[byte & 15]};
    return hex;
}

tls::Hash fromHex(const std::string &hex)
{
    tls::Hash hash{};
    for (size_t i = 0; i < hash.size() && 2 * i + 1 < hex.size(); i++)
        hash[i] = static_cast<kj::byte>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
    return hash;
}

psp::Link::Builder link(capnp::MessageBuilder &message, const tls::Hash &totebox,
                        int64_t notBefore, int64_t notAfter)
{
    kj::byte nonce[16];
    auto made = message.initRoot<psp::Link>();
    RAND_bytes(nonce, sizeof nonce);
    made.setFormat(1);
    made.setRights(readRights);
    made.setNotBefore(notBefore);
    made.setNotAfter(notAfter);
    made.setTotebox(tls::bytes(totebox));
    made.setNonce(capnp::Data::Reader(nonce, sizeof nonce));
    made.setMaxRows(0xffffffff);
    return made;
}

void delegate(psp::Link::Builder link, const tls::Hash &publicKey)
{
    link.initSubject().setDelegate(tls::bytes(publicKey));
}

void holder(psp::Link::Builder link, const tls::Hash &pin)
{
    link.initSubject().setHolder(tls::bytes(pin));
}

void scopeAll(psp::Link::Builder link)
{
    auto all = link.initScopes(1)[0];
    all.initView().setAll();
    all.initRows().setAll();
    all.initColumns().setAll();
}

void scope(psp::Link::Builder link, const std::string &view, const std::string &prefix,
           const std::vector<std::string> &columns)
{
    auto one = link.initScopes(1)[0];
    one.initView().initNames(1).set(0, view);
    if (prefix.empty())
        one.initRows().setAll();
    else
        one.initRows().setPrefix(prefix);
    if (columns.empty()) {
        one.initColumns().setAll();
        return;
    }
    auto names = one.initColumns().initNames(static_cast<unsigned>(columns.size()));
    for (unsigned i = 0; i < names.size(); i++)
        names.set(i, columns[i]);
}

void setParent(psp::Link::Builder link, tls::Bytes parentBody)
{
    tls::Hash id = capability::linkId(parentBody);
    link.setParent(tls::bytes(id));
}

void sign(psp::SignedLink::Builder to, const tls::Key &signer,
          kj::ArrayPtr<const capnp::word> body)
{
    auto message = capability::signedBytes(capability::linkId(body.asBytes()));
    auto signature = tls::sign(signer, tls::Bytes(message.data(), message.size()));
    to.setBody(body.asBytes());
    to.setSignature(capnp::Data::Reader(signature.data(), signature.size()));
}

void append(psp::Token::Builder to, const tls::Key &signer,
            const std::vector<psp::Link::Builder> &links)
{
    kj::Array<capnp::word> body;
    auto list = to.initLinks(static_cast<unsigned>(links.size()));
    for (unsigned i = 0; i < list.size(); i++) {
        auto next = links[i];
        if (i > 0)
            setParent(next, body.asBytes());
        body = capnp::canonicalize(next.asReader());
        sign(list[i], signer, body);
    }
}

} // namespace mint
