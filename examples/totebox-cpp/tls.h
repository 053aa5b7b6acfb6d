// tls.h - mutual TLS 1.3 between pinned keys, as PSP wants it, over a KJ stream.
//
// libkj-tls hides the peer's key and the exporter, to which PSP binds capabilities, so
// OpenSSL is driven directly: two memory BIOs between an SSL and the stream below.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include <kj/async-io.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

namespace tls
{

struct Free {
    void operator()(EVP_PKEY *key) const
    {
        EVP_PKEY_free(key);
    }
    void operator()(SSL_CTX *context) const
    {
        SSL_CTX_free(context);
    }
    void operator()(SSL *ssl) const
    {
        SSL_free(ssl);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<SSL_CTX, Free>;
using Hash = std::array<kj::byte, 32>;
using Bytes = kj::ArrayPtr<const kj::byte>;
inline Bytes bytes(const Hash &hash)
{
    return Bytes(hash.data(), hash.size());
}

Key newKey();                      // Ed25519
Key keyFromFile(const char *path); // PKCS#8 PEM, as "openssl genpkey" writes it
Hash publicKey(const Key &key);    // the 32 bytes of RFC 8032
Key keyFromPublic(Bytes publicKey);
Hash sha256(std::initializer_list<Bytes> parts);
Hash pinOf(
    const Key &key); // SHA-256 of the DER SubjectPublicKeyInfo: the name of a key
std::string fingerprint(const Hash &pin); // "SHA256:" and base64, as people compare it
kj::Array<kj::byte> fromBase64(kj::StringPtr text);
std::array<kj::byte, 64> sign(const Key &key, Bytes message);
bool verifies(const Key &key, Bytes message, Bytes signature);

enum Side { SERVER, CLIENT };
// A self-signed certificate for the key, and PSP's profile: TLS 1.3, ALPN psp/1, no
// tickets, the peer must show a certificate.
Context newContext(const Key &key, Side side);

// Judges the peer's key, named by its pin, during the handshake.
using Admit = std::function<bool(const Hash &pin)>;

class Stream final : public kj::AsyncIoStream
{
  public:
    Stream(const Context &context, Side side, kj::Own<kj::AsyncIoStream> below,
           Admit admit);
    kj::Promise<void> handshake(); // first of all; fails when the peer is not admitted
    const Hash &peer() const
    {
        return peerPin;
    }
    Hash exporter() const; // RFC 9266

    kj::Promise<size_t> tryRead(void *buffer, size_t min, size_t max) override;
    kj::Promise<void> write(const void *buffer, size_t size) override;
    kj::Promise<void>
    write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
    kj::Promise<void> whenWriteDisconnected() override;
    void shutdownWrite() override;
    void abortRead() override;

  private:
    static int judge(X509_STORE_CTX *store, void *);
    kj::Promise<bool> fill();
    kj::Promise<void> flush();
    kj::Promise<size_t> readMore(kj::byte *at, size_t min, size_t max, size_t done);
    void put(const void *buffer, size_t size);

    friend Context newContext(const Key &key, Side side);
    kj::Own<kj::AsyncIoStream> below;
    std::unique_ptr<SSL, Free> ssl;
    Admit admit;
    Hash peerPin{};
    kj::byte cipher[16384 + 512];
    kj::Promise<void> farewell = kj::READY_NOW;
};

} // namespace tls
