// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_messages.h"
#include "tls_recorder.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using namespace test;
using Outcome = AppParser::Outcome;

Recorder heard_of(const ClientHelloSpec& spec) {
    Recorder heard;
    EXPECT_EQ(heard.feed(Side::client, record(handshake, client_hello(spec))), Outcome::going);
    return heard;
}

std::string client_says(Buffer buffer, const ClientHelloSpec& spec) {
    return heard_of(spec).last(Side::client, buffer);
}

TEST(TlsHello, HasAnEventForEachOddServerName) {
    const auto name = [](std::uint8_t type, std::string_view host) {
        return number(type, 1) + counted(host, 2);
    };
    const auto hear = [](const std::string& extensions) { return heard_of({.extensions = extensions}); };
    const Recorder other_type = hear(extension(0, counted(name(7, "x") + name(0, "host.example"), 2)));
    EXPECT_TRUE(other_type.heard("tls.invalid_sni_type"));
    EXPECT_EQ(other_type.last(Side::client, Buffer::tls_sni), "host.example");
    const Recorder empty = hear(extension(0, counted(name(0, ""), 2)));
    EXPECT_TRUE(empty.heard("tls.invalid_sni_length"));
    EXPECT_EQ(empty.last(Side::client, Buffer::tls_sni), "(none)");
    const Recorder overlong = hear(sni(std::string(300, 'a')));
    EXPECT_TRUE(overlong.heard("tls.invalid_sni_length"));
    EXPECT_EQ(overlong.last(Side::client, Buffer::tls_sni), std::string(300, 'a'));
    const Recorder twice = hear(sni("first.example") + sni("second.example"));
    EXPECT_TRUE(twice.heard("tls.multiple_sni_extensions"));
    EXPECT_EQ(twice.last(Side::client, Buffer::tls_sni), "first.example");
    const Recorder beyond = hear(extension(0, counted(number(0, 1) + number(90, 2) + "short", 2)));
    EXPECT_TRUE(beyond.heard("tls.invalid_sni_length"));
    EXPECT_EQ(beyond.last(Side::client, Buffer::tls_sni), "(none)");
    EXPECT_FALSE(hear(sni(std::string(255, 'a'))).heard("event"));
}

TEST(TlsHello, KeepsTheBytesOfAServerName) {
    const std::string name("WWW.Example\0.org", 16);
    EXPECT_EQ(client_says(Buffer::tls_sni, {.extensions = sni(name)}), name);
}

TEST(TlsHello, KnowsTheVersionsByTheirNames) {
    for (const auto& [version, name] : std::vector<std::pair<std::uint16_t, std::string>>{
             {0x0300, "SSLv3"}, {0x0301, "1.0"}, {0x0302, "1.1"}, {0x0303, "1.2"}, {0x0399, "0x0399"}})
        EXPECT_EQ(client_says(Buffer::tls_version, {.version = version}), name);
    const auto liked = [](const std::vector<std::uint16_t>& list) {
        return client_says(Buffer::tls_version, {.extensions = extension(43, numbers(list, 1))});
    };
    EXPECT_EQ(liked({0x3a3a, 0x0304, 0x0303}), "1.3");
    EXPECT_EQ(liked({0x0302, 0x0303}), "1.1");
    EXPECT_EQ(liked({0x7f1c}), "0x7f1c");
    EXPECT_EQ(liked({0x9999}), "1.2");
}

TEST(TlsHello, OfAServerSaysWhatWasChosen) {
    for (std::uint16_t version = 0x0300; version <= 0x0303; ++version) {
        Recorder heard;
        static_cast<void>(heard.feed(Side::server, record(handshake, server_hello(version, alpn({"h2"})))));
        EXPECT_EQ(heard.last(Side::server, Buffer::tls_version).back(), "3012"[version & 3]);
        EXPECT_EQ(heard.last(Side::server, Buffer::tls_alpn), "h2");
        EXPECT_FALSE(heard.heard("complete"));
    }
    Recorder draft; // before the 22nd there was no session id
    static_cast<void>(
        draft.feed(Side::server, record(handshake, message(2, number(0x7f12, 2) + std::string(32, 's') +
                                                                  number(0x1301, 2) + counted("", 2)))));
    EXPECT_EQ(draft.last(Side::server, Buffer::tls_version), "0x7f12");
    EXPECT_TRUE(draft.heard("server complete"));
}

TEST(TlsHello, MayLackExtensions) {
    const ClientHelloSpec spec{.version = 0x0301, .suites = {4, 5}};
    EXPECT_EQ(client_says(Buffer::ja3_string, spec), "769,4-5,,,");
    EXPECT_EQ(client_says(Buffer::tls_sni, spec), "(none)");
    EXPECT_EQ(client_says(Buffer::tls_alpn, spec), "(none)");
}

TEST(TlsHello, FailsWhereItIsCutShort) {
    const std::string whole =
        client_hello({.extensions = sni("www.example.org") + extension(43, numbers({0x0304}, 1))}).substr(4);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Recorder heard;
        const auto outcome = heard.feed(Side::client, record(handshake, message(1, whole.substr(0, size))));
        const bool without_extensions = size == 2 + 32 + 1 + 2 + 4 + 2;
        EXPECT_EQ(outcome, without_extensions ? Outcome::going : Outcome::failed) << size;
        EXPECT_EQ(heard.heard("tls.handshake_invalid_length"), !without_extensions);
        EXPECT_EQ(heard.heard("headers"), without_extensions);
    }
}

TEST(TlsHello, IsReadWhereOneExtensionDoesNotFitItself) {
    for (const std::string& odd :
         {extension(10, "\x01"), extension(10, number(3, 2) + "abc"), extension(11, number(9, 1)),
          extension(13, number(4, 2) + "ab"), extension(16, counted(number(9, 1) + "h2", 2)),
          extension(43, number(2, 1) + "a"), extension(16, number(3, 2) + counted("h2", 1) + "more")}) {
        const Recorder heard = heard_of({.extensions = odd + sni("www.example.org")});
        EXPECT_TRUE(heard.heard("tls.handshake_invalid_length")) << to_hex(as_bytes(odd));
        EXPECT_EQ(heard.last(Side::client, Buffer::tls_sni), "www.example.org");
    }
    Recorder trailing;
    const std::string body = client_hello({.extensions = sni("www.example.org")}).substr(4) + "more";
    EXPECT_EQ(trailing.feed(Side::client, record(handshake, message(1, body))), Outcome::going);
    EXPECT_TRUE(trailing.heard("tls.handshake_invalid_length"));
    EXPECT_EQ(trailing.last(Side::client, Buffer::tls_sni), "www.example.org");
}

/// The examples of https://github.com/salesforce/ja3.
TEST(Ja3, IsThatOfThePublishedExamples) {
    const ClientHelloSpec spec{.version = 769,
                               .suites = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
                               .extensions = sni("example.org") + extension(10, numbers({23, 24, 25}, 2)) +
                                             extension(11, counted(number(0, 1), 1))};
    EXPECT_EQ(client_says(Buffer::ja3_string, spec),
              "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
    EXPECT_EQ(client_says(Buffer::ja3_hash, spec), "ada70206e40642a3e4461f35503241d5");
    const ClientHelloSpec bare{.version = 769, .suites = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}};
    EXPECT_EQ(client_says(Buffer::ja3_hash, bare), "de350869b8c85de67a350c8d186f11e6");
}

TEST(Ja3, LeavesGreaseOut) {
    EXPECT_EQ(client_says(Buffer::ja3_string,
                          {.suites = {0x2a2a, 0x1301},
                           .extensions = extension(0xdada, "") + extension(10, numbers({0x1a1a, 29}, 2)) +
                                         extension(0xfafa, "x")}),
              "771,4865,10,29,");
}

TEST(Ja3, OfAServerHasNoGroups) {
    Recorder heard;
    static_cast<void>(heard.feed(
        Side::server, record(handshake, server_hello(0x0303, extension(65281, "\x00") + alpn({"h2"})))));
    EXPECT_EQ(heard.last(Side::server, Buffer::ja3s_string), "771,49199,65281-16");
    EXPECT_EQ(heard.last(Side::server, Buffer::ja3s_hash).size(), 32U);
    EXPECT_EQ(heard.last(Side::server, Buffer::ja3_string), "(none)");
}

ClientHelloSpec published_ja4_hello() {
    return {
        .suites = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                   0x009c, 0x009d, 0x002f, 0x0035},
        .extensions =
            extension(0x1b, "") + sni("example.org") + extension(0x33, "") + alpn({"h2", "http/1.1"}) +
            extension(0x4469, "") + extension(0x17, "") + extension(0x2d, "") +
            extension(0x0d, numbers({0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}, 2)) +
            extension(0x05, "") + extension(0x23, "") + extension(0x12, "") +
            extension(0x2b, numbers({0x0304, 0x0303}, 1)) + extension(0xff01, "") + extension(0x0b, "") +
            extension(0x0a, "") + extension(0x15, "")};
}

/// The example of FoxIO's technical details.
TEST(Ja4, IsThatOfThePublishedExample) {
    EXPECT_EQ(client_says(Buffer::ja4_hash, published_ja4_hello()), "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

TEST(Ja4, LeavesGreaseOut) {
    ClientHelloSpec spec = published_ja4_hello();
    spec.suites.insert(spec.suites.begin(), 0x7a7a);
    spec.extensions = extension(0x8a8a, "") + spec.extensions + extension(0x5a5a, "x");
    EXPECT_EQ(client_says(Buffer::ja4_hash, spec), "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

TEST(Ja4, NamesTheHighestVersionOffered) {
    const auto version = [](std::uint16_t legacy, const std::vector<std::uint16_t>& offered) {
        ClientHelloSpec spec{.version = legacy};
        if (!offered.empty())
            spec.extensions = extension(43, numbers(offered, 1));
        return client_says(Buffer::ja4_hash, spec).substr(1, 2);
    };
    EXPECT_EQ(version(0x0303, {0xaaaa, 0x0303, 0x0304}), "13");
    EXPECT_EQ(version(0x0303, {}), "12");
    EXPECT_EQ(version(0x0302, {}), "11");
    EXPECT_EQ(version(0x0301, {}), "10");
    EXPECT_EQ(version(0x0300, {}), "s3");
    EXPECT_EQ(version(0x0909, {}), "00");
}

/// The table of FoxIO's technical details.
TEST(Ja4, NamesTheFirstProtocol) {
    const auto protocol = [](const std::string& name) {
        return client_says(Buffer::ja4_hash, {.extensions = alpn({name, "http/1.1"})}).substr(8, 2);
    };
    EXPECT_EQ(protocol("h2"), "h2");
    EXPECT_EQ(protocol("http/1.1"), "h1");
    EXPECT_EQ(protocol("x"), "xx");
    EXPECT_EQ(protocol("\xab"), "ab");
    EXPECT_EQ(protocol("\xab\xcd"), "ad");
    EXPECT_EQ(protocol("\x30\xab"), "3b");
    EXPECT_EQ(protocol("\x30\x31\xab\xcd"), "3d");
    EXPECT_EQ(protocol("\x30\xab\xcd\x31"), "01");
    EXPECT_EQ(protocol("\x1a\x1a"), "h1");
    EXPECT_EQ(client_says(Buffer::ja4_hash, {}).substr(3, 7), "i020000");
}

TEST(Ja4, WritesZerosForNothingAndCountsTo99) {
    EXPECT_EQ(client_says(Buffer::ja4_hash, {.suites = {}}), "t12i000000_000000000000_000000000000");
    ClientHelloSpec many{.suites = std::vector<std::uint16_t>(200, 0x1301)};
    for (std::uint16_t type = 100; type < 250; ++type)
        many.extensions += extension(type, "");
    EXPECT_EQ(client_says(Buffer::ja4_hash, many).substr(0, 10), "t12i999900");
}

} // namespace
} // namespace nfsieve
