// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_messages.h"
#include "tls_recorder.h"
#include "tls_recordings.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using namespace test;
using Outcome = AppParser::Outcome;

std::string der(std::uint8_t tag, const std::string& content) {
    if (content.size() < 0x80)
        return number(tag, 1) + counted(content, 1);
    return number(tag, 1) + "\x82" + counted(content, 2);
}

constexpr std::string_view cn = "550403", organization = "55040a";

std::string attribute(std::string_view oid_hex, const std::string& value) {
    return der(0x30, der(0x06, from_hex(oid_hex)) + value);
}

/// `sets`: each with its attributes.
std::string name(const std::vector<std::string>& sets) {
    std::string content;
    for (const std::string& each : sets)
        content += der(0x31, each);
    return der(0x30, content);
}

std::string certificate(const std::string& subject, const std::string& issuer = name({}),
                        const std::string& serial = der(0x02, "\x01")) {
    const std::string algorithm = der(0x30, der(0x06, "\x2a\x03"));
    const std::string fields = der(0xa0, der(0x02, "\x02")) + serial + algorithm + issuer +
                               der(0x30, der(0x17, "260101000000Z") + der(0x17, "360101000000Z")) + subject;
    return der(0x30, der(0x30, fields) + algorithm + der(0x03, "signature"));
}

Recorder heard_of(const std::vector<std::string>& chain, Side sender = Side::server) {
    Recorder heard;
    EXPECT_EQ(heard.feed(sender, records(certificates(chain), 16000)), Outcome::going);
    return heard;
}

std::string subject_of(const std::vector<std::string>& sets) {
    return heard_of({certificate(name(sets))}).last(Side::server, Buffer::tls_cert_subject);
}

std::string value_of(std::uint8_t tag, const std::string& content) {
    return subject_of({attribute(cn, der(tag, content))});
}

TEST(TlsCertificate, IsReadAsOpensslWroteIt) {
    const Recorder heard = heard_of({from_hex(rich_certificate)});
    const std::string expected =
        "C=DE, ST=Sachsen, L=Görlitz, streetAddress=Untermarkt 1, postalCode=02826, "
        "O=Beispiel & Söhne, Inc., OU=Eins, OU=Zwei, businessCategory=Private Organization, "
        "serialNumber=HRB 4711, DC=example, DC=org, CN=www.example.org, Email=admin@example.org, "
        "UID=web, OID(1.3.6.1.4.1.311.60.2.1.3)=DE";
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_subject), expected);
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_issuer), expected);
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_serial), "00:9D:1C:00:FF:0A");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_fingerprint),
              "57:f9:ee:4e:76:00:f7:6b:7a:53:7d:e1:41:80:29:1c:55:0b:94:7c");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs), from_hex(rich_certificate));
    EXPECT_FALSE(heard.heard("event"));
}

TEST(TlsCertificate, JoinsTheAttributesOfOneSetWithAPlus) {
    EXPECT_EQ(subject_of({attribute(cn, der(0x13, "a")) + attribute(organization, der(0x13, "b")),
                          attribute(cn, der(0x13, "c"))}),
              "CN=a + O=b, CN=c");
}

TEST(TlsCertificate, MayHaveAnEmptyIssuer) {
    const Recorder heard = heard_of({certificate(name({attribute(cn, der(0x13, "localhost"))}))});
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_issuer), "");
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_subject), "CN=localhost");
}

TEST(TlsCertificate, ReadsEveryTypeOfString) {
    for (const std::uint8_t tag : std::vector<std::uint8_t>{0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a, 0x1b})
        EXPECT_EQ(value_of(tag, "plain"), "CN=plain");
    EXPECT_EQ(value_of(0x0c, "Gr\xc3\xbc\xc3\x9f"), "CN=Gr\xc3\xbc\xc3\x9f");
    EXPECT_EQ(value_of(0x14, "Gr\xfc\xdf"), "CN=Gr\xc3\xbc\xc3\x9f");
    EXPECT_EQ(value_of(0x14, "Gr\xc3\xbc"), "CN=Gr\xc3\xbc");
    EXPECT_EQ(value_of(0x1e, from_hex("004700fc20ac")), "CN=G\xc3\xbc\xe2\x82\xac");
    EXPECT_EQ(value_of(0x1e, from_hex("d83dde00d83d")), "CN=\xf0\x9f\x98\x80\xed\xa0\xbd");
    EXPECT_EQ(value_of(0x1c, from_hex("000000470001f600")), "CN=G\xf0\x9f\x98\x80");
    EXPECT_EQ(value_of(0x03, from_hex("00abcd")), "CN=00ABCD");
}

/// A certificate for "bank.example\0.evil.example" must not look like one for "bank.example".
TEST(TlsCertificate, KeepsZeroBytesInANameAndEscapesNothing) {
    EXPECT_EQ(value_of(0x13, std::string("bank.example\0.evil", 18)),
              std::string("CN=bank.example\0.evil", 21));
    EXPECT_EQ(value_of(0x13, "a, O=\"b\"+c"), "CN=a, O=\"b\"+c");
}

TEST(TlsCertificate, WritesUnknownAttributesAsTheirNumbers) {
    EXPECT_EQ(subject_of({attribute("2b0601040182373c0201037f", der(0x13, "x"))}),
              "OID(1.3.6.1.4.1.311.60.2.1.3.127)=x");
    EXPECT_EQ(subject_of({attribute("883703", der(0x13, "x"))}), "OID(2.999.3)=x");
}

TEST(TlsCertificate, HasAnEventForEachThingThatCannotBeRead) {
    const std::string good = name({attribute(cn, der(0x13, "x"))});
    const std::string cut_oid = name({attribute("5504ff", der(0x13, "x"))});
    const std::string huge_oid = name({attribute("2affffffffffffffffffff7f", der(0x13, "x"))});
    const std::string odd_bmp = name({attribute(cn, der(0x1e, "abc"))});
    const std::string odd_universal = name({attribute(cn, der(0x1c, "abcdef"))});
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"no DER", "tls.certificate_invalid_der"},
        {"", "tls.certificate_invalid_der"},
        {std::string("\x30\x80\x00\x00", 4), "tls.certificate_invalid_der"},
        {"\x30\x84\xff\xff\xff\xff", "tls.certificate_invalid_der"},
        {certificate(good).substr(0, 30), "tls.certificate_invalid_der"},
        {certificate(der(0x31, "")), "tls.certificate_invalid_der"},
        {certificate(good, good, der(0x04, "x")), "tls.certificate_invalid_serial"},
        {certificate(good, good, der(0x02, "")), "tls.certificate_invalid_serial"},
        {certificate(cut_oid), "tls.certificate_invalid_x509name"},
        {certificate(huge_oid), "tls.certificate_invalid_x509name"},
        {certificate(odd_bmp), "tls.certificate_invalid_x509name"},
        {certificate(odd_universal), "tls.certificate_invalid_x509name"},
        {certificate(name({""})), "tls.certificate_invalid_x509name"},
        {certificate(good, name({der(0x30, "")})), "tls.certificate_invalid_x509name"},
        {certificate(name({attribute(cn, der(0x03, std::string(40000, 'x')))})),
         "tls.certificate_invalid_x509name"},
    };
    for (const auto& [bytes, event] : cases) {
        const Recorder heard = heard_of({bytes, "second"});
        EXPECT_TRUE(heard.heard(event)) << to_hex(as_bytes(bytes.substr(0, 60)));
        EXPECT_EQ(heard.last(Side::server, Buffer::tls_cert_subject), "(none)");
        EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs, 0), bytes); // rules may look at it all the same
        EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs, 1), "second");
    }
}

TEST(TlsCertificate, CanBeCutAnywhere) {
    const std::string whole = certificate(name({attribute(cn, der(0x13, "x"))}));
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_TRUE(heard_of({whole.substr(0, size)}).heard("event tls.certificate_invalid")) << size;
}

TEST(TlsCertificate, ListsWhatStandsBeforeALengthThatLies) {
    const std::string good = certificate(name({attribute(cn, der(0x13, "x"))}));
    Recorder heard;
    const std::string list = counted(good, 3) + number(500, 3) + "short";
    EXPECT_EQ(heard.feed(Side::server, records(message(11, counted(list, 3)), 16000)), Outcome::going);
    EXPECT_TRUE(heard.heard("tls.invalid_certificate"));
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs, 0), good);
    EXPECT_EQ(heard.last(Side::server, Buffer::tls_certs, 1), "(none)");
    Recorder shorter;
    EXPECT_EQ(shorter.feed(Side::server, records(message(11, number(900, 3) + "short"), 16000)),
              Outcome::going);
    EXPECT_TRUE(shorter.heard("tls.invalid_certificate"));
    EXPECT_FALSE(shorter.heard("server body"));
}

TEST(TlsCertificate, OfAClientMayBeNone) {
    const Recorder heard = heard_of({}, Side::client);
    EXPECT_TRUE(heard.calls().empty());
}

} // namespace
} // namespace nfsieve
