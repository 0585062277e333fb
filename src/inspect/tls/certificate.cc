// SPDX-License-Identifier: GPL-2.0-or-later
#include "certificate.h"

#include "der.h"
#include "distinguished_name.h"
#include "hex.h"

namespace nfsieve::tls {
namespace {

std::size_t be24(ByteReader& reader) {
    const std::size_t high = reader.u8();
    return high << 16 | reader.be16();
}

std::optional<Names> decode(Bytes certificate, EventSet& events) {
    const auto fail = [&](TlsEvent why) {
        events.add(why);
        return std::nullopt;
    };
    DerReader outer(certificate);
    const auto whole = outer.next(der_tag::sequence);
    const auto signed_part = whole ? DerReader(*whole).next(der_tag::sequence) : std::nullopt;
    if (!signed_part)
        return fail(TlsEvent::certificate_invalid_der);
    DerReader fields(*signed_part);
    static_cast<void>(fields.next(der_tag::context_0)); // the version, of which the first has none
    const auto serial = fields.next(der_tag::integer);
    if (!serial || serial->empty())
        return fail(TlsEvent::certificate_invalid_serial);
    if (!fields.next(der_tag::sequence)) // signature algorithm
        return fail(TlsEvent::certificate_invalid_der);
    const auto issuer = fields.next(der_tag::sequence);
    if (!issuer || !fields.next(der_tag::sequence)) // validity
        return fail(TlsEvent::certificate_invalid_der);
    const auto subject = fields.next(der_tag::sequence);
    if (!subject)
        return fail(TlsEvent::certificate_invalid_der);
    auto issuer_text = name_text(*issuer), subject_text = name_text(*subject);
    if (!issuer_text || !subject_text)
        return fail(TlsEvent::certificate_invalid_x509name);
    Names names{std::move(*subject_text), std::move(*issuer_text), {}};
    append_hex(names.serial, *serial, HexCase::upper, ':');
    return names;
}

} // namespace

CertificateList parse_certificates(Bytes body) {
    CertificateList list;
    ByteReader reader(body);
    const Bytes certificates = reader.bytes(be24(reader));
    if (!reader.ok() || reader.left() > 0)
        list.events.add(TlsEvent::invalid_certificate);
    for (ByteReader each(certificates); each.left() > 0;) {
        const Bytes certificate = each.bytes(be24(each));
        if (!each.ok()) {
            list.events.add(TlsEvent::invalid_certificate);
            break;
        }
        list.chain.push_back(certificate);
    }
    if (!list.chain.empty())
        list.names = decode(list.chain.front(), list.events);
    return list;
}

} // namespace nfsieve::tls
