#include "examples/totebox-cpp/tls.h"

#include <cstdio>

#include <kj/debug.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tls
{

namespace
{

const kj::byte alpn[] = {5, 'p', 's', 'p', '/', '1'};

kj::String problem()
{
    char words[256] = "";
    ERR_error_string_n(ERR_get_error(), words, sizeof words);
    return kj::str(words);
}

int chooseProtocol(SSL *, const unsigned char **out, unsigned char *length,
                   const unsigned char *in, unsigned int inLength, void *)
{
    return SSL_select_next_proto(const_cast<unsigned char **>(out), length, alpn,
                                 sizeof alpn, in, inLength) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Hash pinOfSpki(X509_PUBKEY *spki)
{
    unsigned char *der = nullptr;
    int length = i2d_X509_PUBKEY(spki, &der);
    KJ_REQUIRE(length > 0, problem());
    Hash pin = sha256({Bytes(der, static_cast<size_t>(length))});
    OPENSSL_free(der);
    return pin;
}

void certify(SSL_CTX *context, const Key &key)
{
    std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 10 * 365 * 86400L);
    auto name = reinterpret_cast<const unsigned char *>("psp");
    X509_NAME *subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_set_pubkey(certificate.get(), key.get());
    KJ_REQUIRE(X509_sign(certificate.get(), key.get(), nullptr) > 0, problem());
    KJ_REQUIRE(SSL_CTX_use_certificate(context, certificate.get()) == 1, problem());
    KJ_REQUIRE(SSL_CTX_use_PrivateKey(context, key.get()) == 1, problem());
}

} // namespace

Key newKey()
{
    return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

Key keyFromFile(const char *path)
{
    std::unique_ptr<FILE, int (*)(FILE *)> file(fopen(path, "re"), fclose);
    KJ_REQUIRE(file != nullptr, "cannot open the key", path);
    Key key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
    KJ_REQUIRE(key != nullptr && EVP_PKEY_is_a(key.get(), "ED25519"),
               "not an Ed25519 key", path);
    return key;
}

Key keyFromPublic(Bytes bytes)
{
    return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.begin(),
                                           bytes.size()));
}

Hash publicKey(const Key &key)
{
    Hash bytes;
    size_t length = bytes.size();
    KJ_REQUIRE(EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &length) == 1);
    return bytes;
}

Hash sha256(std::initializer_list<Bytes> parts)
{
    Hash hash;
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
    EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
    for (Bytes part : parts)
        EVP_DigestUpdate(digest.get(), part.begin(), part.size());
    EVP_DigestFinal_ex(digest.get(), hash.data(), nullptr);
    return hash;
}

Hash pinOf(const Key &key)
{
    X509_PUBKEY *spki = nullptr;
    KJ_REQUIRE(X509_PUBKEY_set(&spki, key.get()) == 1, problem());
    Hash pin = pinOfSpki(spki);
    X509_PUBKEY_free(spki);
    return pin;
}

std::string fingerprint(const Hash &pin)
{
    unsigned char text[64];
    int length = EVP_EncodeBlock(text, pin.data(), static_cast<int>(pin.size()));
    std::string words(reinterpret_cast<char *>(text), static_cast<size_t>(length));
    return "SHA256:" + words.substr(0, words.find('='));
}

kj::Array<kj::byte> fromBase64(kj::StringPtr text)
{
    auto bytes = kj::heapArray<kj::byte>(text.size() / 4 * 3);
    auto from = reinterpret_cast<const unsigned char *>(text.begin());
    int length = EVP_DecodeBlock(bytes.begin(), from, static_cast<int>(text.size()));
    KJ_REQUIRE(length >= 0, "not base64", text);
    size_t padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    return kj::heapArray(bytes.slice(0, static_cast<size_t>(length) - padding));
}

std::array<kj::byte, 64> sign(const Key &key, Bytes message)
{
    std::array<kj::byte, 64> signature;
    size_t length = signature.size();
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get());
    KJ_REQUIRE(EVP_DigestSign(context.get(), signature.data(), &length, message.begin(),
                              message.size()) == 1,
               problem());
    return signature;
}

bool verifies(const Key &key, Bytes message, Bytes signature)
{
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free);
    bool good = key && signature.size() == 64 &&
                EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                                     key.get()) == 1 &&
                EVP_DigestVerify(context.get(), signature.begin(), signature.size(),
                                 message.begin(), message.size()) == 1;
    ERR_clear_error();
    return good;
}

Context newContext(const Key &key, Side side)
{
    Context context(
        SSL_CTX_new(side == SERVER ? TLS_server_method() : TLS_client_method()));
    SSL_CTX *raw = context.get();
    SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
    SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(raw, 0);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_ciphersuites(raw,
                             "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_set1_groups_list(raw, "X25519:P-256");
    SSL_CTX_set1_sigalgs_list(raw, "ed25519:ECDSA+SHA256");
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(raw, Stream::judge, nullptr);
    if (side == SERVER)
        SSL_CTX_set_alpn_select_cb(raw, chooseProtocol, nullptr);
    else
        SSL_CTX_set_alpn_protos(raw, alpn, sizeof alpn);
    certify(raw, key);
    return context;
}

Stream::Stream(const Context &context, Side side, kj::Own<kj::AsyncIoStream> stream,
               Admit judge)
    : below(kj::mv(stream)), ssl(SSL_new(context.get())), admit(kj::mv(judge))
{
    int on = 1;
    below->setsockopt(IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL_set_app_data(ssl.get(), this);
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (side == SERVER)
        SSL_set_accept_state(ssl.get());
    else
        SSL_set_connect_state(ssl.get());
}

// Names, dates and issuers say nothing: the key is the peer.
int Stream::judge(X509_STORE_CTX *store, void *)
{
    int index = SSL_get_ex_data_X509_STORE_CTX_idx();
    auto ssl = static_cast<SSL *>(X509_STORE_CTX_get_ex_data(store, index));
    auto self = static_cast<Stream *>(SSL_get_app_data(ssl));
    self->peerPin = pinOfSpki(X509_get_X509_PUBKEY(X509_STORE_CTX_get0_cert(store)));
    return self->admit(self->peerPin);
}

Hash Stream::exporter() const
{
    static const char label[] = "EXPORTER-Channel-Binding";
    Hash value;
    KJ_REQUIRE(SSL_export_keying_material(ssl.get(), value.data(), value.size(), label,
                                          sizeof label - 1, nullptr, 0, 1) == 1);
    return value;
}

kj::Promise<bool> Stream::fill()
{
    return below->tryRead(cipher, 1, sizeof cipher).then([this](size_t got) {
        BIO_write(SSL_get_rbio(ssl.get()), cipher, static_cast<int>(got));
        return got > 0;
    });
}

kj::Promise<void> Stream::flush()
{
    BIO *bio = SSL_get_wbio(ssl.get());
    auto bytes = kj::heapArray<kj::byte>(BIO_ctrl_pending(bio));
    if (bytes.size() == 0)
        return kj::READY_NOW;
    BIO_read(bio, bytes.begin(), static_cast<int>(bytes.size()));
    auto sent = below->write(bytes.begin(), bytes.size());
    return sent.attach(kj::mv(bytes));
}

kj::Promise<void> Stream::handshake()
{
    ERR_clear_error();
    int result = SSL_do_handshake(ssl.get());
    bool waits = result != 1 && SSL_get_error(ssl.get(), result) == SSL_ERROR_WANT_READ;
    kj::String words = result == 1 || waits ? nullptr : problem();
    return flush().then([this, result, waits, words = kj::mv(words)]() mutable {
        if (result == 1)
            return kj::Promise<void>(kj::READY_NOW);
        if (!waits)
            KJ_FAIL_REQUIRE("TLS", words);
        return fill().then([this](bool more) {
            KJ_REQUIRE(more, "the peer went away during the handshake");
            return handshake();
        });
    });
}

kj::Promise<size_t> Stream::readMore(kj::byte *at, size_t min, size_t max, size_t done)
{
    int got = 1;
    ERR_clear_error();
    while (done < max && got > 0) {
        got = SSL_read(ssl.get(), at + done, static_cast<int>(max - done));
        if (got > 0)
            done += static_cast<size_t>(got);
    }
    if (done >= min)
        return done;
    if (SSL_get_error(ssl.get(), got) != SSL_ERROR_WANT_READ)
        return done; // close_notify, or a record that does not decrypt: the end
    return fill().then([=](bool more) -> kj::Promise<size_t> {
        return more ? readMore(at, min, max, done) : kj::Promise<size_t>(done);
    });
}

kj::Promise<size_t> Stream::tryRead(void *buffer, size_t min, size_t max)
{
    return readMore(static_cast<kj::byte *>(buffer), min, max, 0);
}

void Stream::put(const void *buffer, size_t size)
{
    ERR_clear_error();
    if (size > 0 && SSL_write(ssl.get(), buffer, static_cast<int>(size)) <= 0)
        kj::throwFatalException(KJ_EXCEPTION(DISCONNECTED, "TLS", problem()));
}

kj::Promise<void> Stream::write(const void *buffer, size_t size)
{
    put(buffer, size);
    return flush();
}

kj::Promise<void> Stream::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces)
{
    for (auto piece : pieces)
        put(piece.begin(), piece.size());
    return flush();
}

kj::Promise<void> Stream::whenWriteDisconnected()
{
    return below->whenWriteDisconnected();
}

void Stream::shutdownWrite()
{
    SSL_shutdown(ssl.get());
    farewell = flush()
                   .then([this]() { below->shutdownWrite(); })
                   .eagerlyEvaluate([](kj::Exception &&) {});
}

void Stream::abortRead()
{
    below->abortRead();
}

} // namespace tls
