#include "examples/totebox-cpp/capability.h"

#include <algorithm>
#include <cstring>

#include <capnp/serialize.h>
#include <kj/debug.h>

namespace capability
{

using tls::Bytes;
using tls::bytes;
using tls::Hash;

namespace
{

constexpr int64_t skewMs = 30000, windowMs = 3600000;

bool same(Bytes a, const Hash &b)
{
    return a == bytes(b);
}

bool isIn(capnp::List<capnp::Text>::Reader names, kj::StringPtr name)
{
    for (kj::StringPtr one : names)
        if (one == name)
            return true;
    return false;
}

bool contains(psp::NameSet::Reader set, kj::StringPtr name)
{
    return set.isAll() || (set.isNames() && isIn(set.getNames(), name));
}

bool contains(psp::RowSet::Reader set, kj::StringPtr key)
{
    return set.isAll() || (set.isKeys() && isIn(set.getKeys(), key)) ||
           (set.isPrefix() && key.startsWith(set.getPrefix()));
}

// Copies known fields only; what is not set stays a null pointer.
void copySet(psp::NameSet::Reader from, psp::NameSet::Builder to)
{
    switch (from.which()) {
    case psp::NameSet::NONE:
        return to.setNone();
    case psp::NameSet::ALL:
        return to.setAll();
    case psp::NameSet::NAMES:
        return to.setNames(from.getNames());
    }
    refuse("malformed", "a set of an unknown kind");
}

void copySet(psp::RowSet::Reader from, psp::RowSet::Builder to)
{
    switch (from.which()) {
    case psp::RowSet::NONE:
        return to.setNone();
    case psp::RowSet::ALL:
        return to.setAll();
    case psp::RowSet::KEYS:
        return to.setKeys(from.getKeys());
    case psp::RowSet::PREFIX:
        return to.setPrefix(from.getPrefix());
    }
    refuse("malformed", "a set of an unknown kind");
}

void copySubject(psp::Link::Subject::Reader from, psp::Link::Subject::Builder to)
{
    switch (from.which()) {
    case psp::Link::Subject::DELEGATE:
        return to.setDelegate(from.getDelegate());
    case psp::Link::Subject::HOLDER:
        return to.setHolder(from.getHolder());
    case psp::Link::Subject::NONE:
        break;
    }
    refuse("malformed", "a link without a subject");
}

void copyFixed(psp::Link::Reader from, psp::Link::Builder to)
{
    to.setFormat(from.getFormat());
    to.setDepth(from.getDepth());
    to.setRights(from.getRights());
    to.setNotBefore(from.getNotBefore());
    to.setNotAfter(from.getNotAfter());
    to.setEpoch(from.getEpoch());
    to.setMaxRows(from.getMaxRows());
    to.setMinGroup(from.getMinGroup());
}

// One meaning, one encoding: a set that selects nothing is a null pointer, and there
// are no empty lists, texts and data.
void copyScopes(capnp::List<psp::Scope>::Reader from, psp::Link::Builder to)
{
    auto scopes = to.initScopes(from.size());
    for (unsigned i = 0; i < scopes.size(); i++) {
        if (!from[i].getView().isNone())
            copySet(from[i].getView(), scopes[i].initView());
        if (!from[i].getRows().isNone())
            copySet(from[i].getRows(), scopes[i].initRows());
        if (!from[i].getColumns().isNone())
            copySet(from[i].getColumns(), scopes[i].initColumns());
    }
}

} // namespace

void refuse(const char *code, const char *text)
{
    kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__,
                                          __LINE__, kj::str("psp.", code, ": ", text)));
}

kj::Array<capnp::word> encode(psp::Link::Reader link)
{
    capnp::MallocMessageBuilder message;
    auto copy = message.initRoot<psp::Link>();
    copyFixed(link, copy);
    copySubject(link.getSubject(), copy.initSubject());
    copy.setTotebox(link.getTotebox());
    copy.setNonce(link.getNonce());
    if (link.getParent().size())
        copy.setParent(link.getParent());
    if (link.getScopes().size())
        copyScopes(link.getScopes(), copy);
    if (!link.getVerbs().isNone())
        copySet(link.getVerbs(), copy.initVerbs());
    if (link.getCommand().size())
        copy.setCommand(link.getCommand());
    if (link.getLabel().size())
        copy.setLabel(link.getLabel());
    return capnp::canonicalize(copy.asReader());
}

Hash label(const char *purpose)
{
    Hash label{};
    std::copy_n(purpose, std::strlen(purpose), label.begin());
    return label;
}

Hash linkId(Bytes body)
{
    Hash purpose = label("PointSav PSP link v1");
    return tls::sha256({bytes(purpose), body});
}

std::array<kj::byte, 64> signedBytes(const Hash &id)
{
    std::array<kj::byte, 64> message;
    Hash purpose = label("PointSav PSP link v1");
    std::copy(purpose.begin(), purpose.end(), message.begin());
    std::copy(id.begin(), id.end(), message.begin() + 32);
    return message;
}

void Authority::take(const Policy &policy, psp::SignedLink::Reader next, Hash &signer,
                     bool isLast)
{
    Bytes body = next.getBody();
    if (body.size() < 8 || body.size() % 8)
        refuse("malformed", "a link of an odd size");
    if (body.size() > 4096)
        refuse("limit", "a link over 4096 bytes");
    Hash id = linkId(body);
    auto message = signedBytes(id);
    if (!tls::verifies(tls::keyFromPublic(bytes(signer)),
                       Bytes(message.data(), message.size()), next.getSignature()))
        refuse("signature", "a link is not signed by the one before it");

    auto words = kj::heapArray<capnp::word>(body.size() / 8);
    std::memcpy(words.begin(), body.begin(), body.size());
    kj::ArrayPtr<const capnp::word> segment = words;
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(&segment, 1));
    auto link = reader.getRoot<psp::Link>();
    if (encode(link).asBytes() != body)
        refuse("malformed", "a link is not canonical");

    if (link.getFormat() != 1 || link.getTotebox().size() != 32 ||
        link.getNonce().size() != 16 || link.getNotAfter() <= link.getNotBefore())
        refuse("malformed", "a field of a link");
    if (!same(link.getTotebox(), policy.authority))
        refuse("audience", "for another Totebox");
    bool isFirst = links.empty();
    if (isFirst ? link.getParent().size() != 0 : !same(link.getParent(), leaf))
        refuse("malformed", "a link does not name the one before it");
    if (link.getEpoch() != (isFirst ? policy.epoch : 0))
        refuse(isFirst ? "revoked" : "malformed", "the pairing's epoch is over");
    if (link.getDepth() >= depth)
        refuse("denied", "more links than allowed");
    auto subject = link.getSubject();
    if (isLast ? !subject.isHolder() : !subject.isDelegate())
        refuse("malformed", "the last link, and only that, has a holder");
    Bytes key = isLast ? subject.getHolder() : subject.getDelegate();
    if (key.size() != signer.size())
        refuse("malformed", "a subject of an odd size");
    if (isLast && link.getNotAfter() - link.getNotBefore() > windowMs)
        refuse("limit", "a leaf for more than an hour");

    std::copy(key.begin(), key.end(), signer.begin());
    leaf = id;
    depth = link.getDepth();
    rights &= link.getRights();
    maxRows = std::min(maxRows, link.getMaxRows());
    minGroup = std::max(minGroup, link.getMinGroup());
    notBefore = std::max(notBefore, link.getNotBefore());
    notAfter = std::min(notAfter, link.getNotAfter());
    links.push_back(std::make_unique<capnp::MallocMessageBuilder>());
    links.back()->setRoot(link);
}

Authority::Authority(psp::Token::Reader token, const Policy &policy, uint32_t anyOf)
{
    auto chain = token.getLinks();
    Hash signer = policy.authority;
    if (chain.size() == 0)
        refuse("malformed", "a token without links");
    if (chain.size() > 4)
        refuse("limit", "more than four links");
    for (unsigned i = 0; i < chain.size(); i++)
        take(policy, chain[i], signer, i + 1 == chain.size());
    if (policy.clockMs < notBefore - skewMs)
        refuse("notyet", "the window has not begun");
    if (policy.clockMs >= notAfter)
        refuse("expired", "the window is over");
    if (signer != policy.peer) // after the last link: its holder
        refuse("holder", "another key may present this");
    if (!(rights & anyOf))
        refuse("denied", "no right to this");
}

// Every link has some scope of which it holds.
bool Authority::everyLink(const std::function<bool(psp::Scope::Reader)> &holds) const
{
    return std::all_of(links.begin(), links.end(), [&](auto &link) {
        for (auto scope : link->template getRoot<psp::Link>().asReader().getScopes())
            if (holds(scope))
                return true;
        return false;
    });
}

bool Authority::seesView(kj::StringPtr view) const
{
    return everyLink([=](auto scope) { return contains(scope.getView(), view); });
}

bool Authority::seesRow(kj::StringPtr view, kj::StringPtr key) const
{
    return everyLink([=](auto scope) {
        return contains(scope.getView(), view) && contains(scope.getRows(), key);
    });
}

bool Authority::seesColumn(kj::StringPtr view, kj::StringPtr column) const
{
    return everyLink([=](auto scope) {
        return contains(scope.getView(), view) && contains(scope.getColumns(), column);
    });
}

bool Authority::seesCell(kj::StringPtr view, kj::StringPtr key,
                         kj::StringPtr column) const
{
    return everyLink([=](auto scope) {
        return contains(scope.getView(), view) && contains(scope.getRows(), key) &&
               contains(scope.getColumns(), column);
    });
}

bool Authority::permits(kj::StringPtr verb, const Hash &digest) const
{
    return std::all_of(links.begin(), links.end(), [&](auto &one) {
        auto link = one->template getRoot<psp::Link>().asReader();
        return contains(link.getVerbs(), verb) &&
               (link.getCommand().size() == 0 || same(link.getCommand(), digest));
    });
}

void Authority::writeInfo(psp::GrantInfo::Builder info, int64_t clockMs) const
{
    info.setLinkId(bytes(leaf));
    info.setRights(rights);
    info.setNotBefore(notBefore);
    info.setNotAfter(notAfter);
    info.setMaxRows(maxRows);
    info.setMinGroup(minGroup);
    info.setClockMs(clockMs);
}

} // namespace capability
