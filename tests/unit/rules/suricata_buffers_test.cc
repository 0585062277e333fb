// SPDX-License-Identifier: GPL-2.0-or-later
#include "suricata_fixture.h"

namespace nfsieve {
namespace {

using namespace test;
using Protocol = SignatureSpec::Protocol;

std::vector<Buffer> buffers(const SignatureSpec& spec) {
    std::vector<Buffer> all;
    for (const BufferChecks& checks : spec.buffers)
        all.push_back(checks.view.buffer);
    return all;
}

TEST(SuricataBuffers, ContentsUnderOneStickyBufferBelongTogether) {
    const SignatureSpec spec =
        one("content:\"a\"; http.uri; content:\"b\"; content:\"c\"; distance:1; http.header; "
            "content:\"d\"; pkt_data; content:\"e\";");
    EXPECT_EQ(buffers(spec), (std::vector{Buffer::payload, Buffer::http_uri, Buffer::http_header}));
    EXPECT_EQ(content(spec, 0, 0).bytes, "a");
    EXPECT_EQ(content(spec, 0, 1).bytes, "e");
    EXPECT_EQ(content(spec, 1, 1).bytes, "c");
    EXPECT_EQ(spec.buffers[1].place.column, 53U);
}

TEST(SuricataBuffers, ARepeatedStickyBufferGoesOnUnlessItHasInstances) {
    EXPECT_EQ(
        buffers(one("http.uri; content:\"a\"; http.method; content:\"b\"; http.uri; content:\"c\";")).size(),
        2U);
    EXPECT_EQ(buffers(one("http.request_header; content:\"a\"; http.request_header; content:\"b\";")),
              (std::vector{Buffer::http_request_header, Buffer::http_request_header}));
    EXPECT_EQ(buffers(one("tls.certs; content:\"a\"; content:\"b\"; tls.certs; content:\"c\";")).size(), 2U);
}

TEST(SuricataBuffers, ModifiersMoveTheContent) {
    const SignatureSpec spec =
        one("content:\"a\"; http_uri; content:\"b\"; content:\"c\"; nocase; http_uri; distance:2; "
            "fast_pattern; content:\"d\"; http_client_body;");
    EXPECT_EQ(buffers(spec), (std::vector{Buffer::http_uri, Buffer::payload, Buffer::http_request_body}));
    EXPECT_EQ(spec.buffers[0].checks.size(), 2U);
    EXPECT_TRUE(content(spec, 0, 1).nocase);
    EXPECT_EQ(content(spec, 0, 1).distance, (Operand{2, {}}));
    EXPECT_EQ(content(spec, 1, 0).bytes, "b");
    EXPECT_EQ(buffers(one("uricontent:\"a\"; uricontent:!\"b\"; distance:0;")),
              (std::vector{Buffer::http_uri}));
    EXPECT_FALSE(refused("http_uri;").empty());
    EXPECT_FALSE(refused("http.uri; content:\"a\"; http_header;").empty());
    EXPECT_FALSE(refused("content:\"a\"; http_uri; http_header;").empty());
    EXPECT_FALSE(refused("pcre:\"/a/\"; http_uri;").empty());
}

TEST(SuricataBuffers, RelativeKeywordsFollowTheLastMatch) {
    EXPECT_EQ(buffers(one("content:\"/c/\"; http_raw_uri; isdataat:4,relative;")),
              (std::vector{Buffer::http_raw_uri}));
    EXPECT_EQ(buffers(one("uricontent:\"a\"; byte_test:1,>,2,0,relative;")).size(), 1U);
    EXPECT_EQ(buffers(one("uricontent:\"a\"; isdataat:4;")),
              (std::vector{Buffer::http_uri, Buffer::payload}));
}

TEST(SuricataBuffers, TransformsStandBetweenBufferAndContent) {
    const SignatureSpec spec = one("http.uri; pcrexform:\"/get\\?data=(.*)\"; xor:\"0d0aC8\"; url_decode; "
                                   "content:\"a\"; http.uri; content:\"b\";");
    ASSERT_EQ(spec.buffers.size(), 2U);
    using Kind = Transform::Kind;
    EXPECT_EQ(spec.buffers[0].view.transforms, (std::vector<Transform>{{Kind::pcrexform, "/get\\?data=(.*)"},
                                                                       {Kind::xor_key, "\x0d\x0a\xc8"},
                                                                       {Kind::url_decode, ""}}));
    for (const char* name :
         {"dotprefix", "to_lowercase", "to_uppercase", "strip_whitespace", "compress_whitespace",
          "strip_pseudo_headers", "header_lowercase", "from_base64", "to_md5", "to_sha1", "to_sha256"})
        EXPECT_EQ(
            one(std::string("http.uri; ") + name + "; content:\"a\";").buffers.at(0).view.transforms.size(),
            1U)
            << name;
    EXPECT_FALSE(refused("dotprefix; content:\"a\";").empty());
    EXPECT_FALSE(refused("http.uri; content:\"a\"; dotprefix;").empty());
    EXPECT_FALSE(refused("http.uri; xor:\"0x0\"; content:\"a\";").empty());
}

TEST(SuricataBuffers, AnEmptyStickyBufferIsAMistake) {
    EXPECT_NE(refused("http.uri;").find("nothing is checked"), std::string::npos);
    EXPECT_NE(refused("http.uri; http.header; content:\"a\";").find("http.uri"), std::string::npos);
    one("http.uri; bsize:5;");
    one("http.uri; pcre:\"/a/\";");
}

TEST(SuricataBuffers, ABufferImpliesItsProtocol) {
    EXPECT_EQ(one("http.uri; content:\"a\";").protocol, Protocol::http);
    EXPECT_EQ(one("tls.sni; content:\"a\";").protocol, Protocol::tls);
    EXPECT_EQ(one("tcp.hdr; content:\"a\";").protocol, Protocol::tcp);
    EXPECT_NE(refused("http.uri; content:\"a\"; tls.sni; content:\"b\";").find("two rules"),
              std::string::npos);
    EXPECT_FALSE(refused("http.uri; content:\"a\";", "alert tls any any -> any any").empty());
    EXPECT_FALSE(refused("http.uri; content:\"a\";", "alert tcp-pkt any any -> any any").empty());
}

TEST(SuricataBuffers, ABufferImpliesItsDirection) {
    const auto directions = [](const std::string& options) {
        const SignatureSpec spec = one(options);
        return std::string(spec.to_server ? "s" : "") + (spec.to_client ? "c" : "");
    };
    EXPECT_EQ(directions("http.uri; content:\"a\";"), "s");
    EXPECT_EQ(directions("http.stat_code; content:\"200\";"), "c");
    EXPECT_EQ(directions("http.header; content:\"a\";"), "sc");
    EXPECT_EQ(directions("http.header; content:\"a\"; http.method; content:\"GET\";"), "s");
    EXPECT_EQ(directions("file_data; content:\"a\"; flow:to_server;"), "s");
    EXPECT_EQ(directions("file_data; content:\"a\"; http.stat_code; content:\"200\";"), "c");
    EXPECT_EQ(directions("flow:to_client; content:\"a\";"), "c");
    EXPECT_EQ(directions("tls.subject:\"a\";"), "c");
    EXPECT_EQ(directions("content:\"a\";"), "sc");
    EXPECT_NE(refused("flow:to_client; http.uri; content:\"a\";").find("flow:to_server"), std::string::npos);
    EXPECT_NE(refused("http.uri; content:\"a\"; http.stat_code; content:\"200\";").find("two rules"),
              std::string::npos);
}

TEST(SuricataBuffers, PacketKeywordsDoNotMixWithParsedBuffers) {
    EXPECT_FALSE(refused("dsize:>3; http.uri; content:\"a\";").empty());
    EXPECT_FALSE(refused("flags:S; flow:only_stream;").empty());
    EXPECT_FALSE(refused("dsize:3;", "alert tcp-stream any any -> any any").empty());
    one("dsize:>3; tcp.hdr; content:\"a\";");
}

TEST(SuricataBuffers, UrilenIsASizeOfTheUri) {
    EXPECT_EQ(one("urilen:3<>20;").buffers, one("http.uri; bsize:3<>20;").buffers);
    EXPECT_EQ(buffers(one("urilen:>5,raw;")), (std::vector{Buffer::http_raw_uri}));
    EXPECT_EQ(buffers(one("urilen:5, norm;")), (std::vector{Buffer::http_uri}));
    EXPECT_FALSE(refused("urilen:5,odd;").empty());
    EXPECT_FALSE(refused("bsize:5;").empty());
}

TEST(SuricataBuffers, Base64DataLooksIntoWhatWasDecoded) {
    const SignatureSpec spec =
        one("content:\"arg\"; http_uri; base64_decode:bytes 17, offset 1, relative; base64_data; "
            "content:\"ab\"; nocase; content:\"cd\"; distance:0; pcre:\"/e/\";");
    ASSERT_EQ(spec.buffers.size(), 1U);
    const auto& base64 = check<Base64Check>(spec, 0, 1);
    EXPECT_EQ(base64.bytes, 17U);
    EXPECT_EQ(base64.offset, 1U);
    EXPECT_TRUE(base64.relative);
    ASSERT_EQ(base64.inside.size(), 3U);
    EXPECT_TRUE(std::get<ContentCheck>(base64.inside[0].what).nocase);
    EXPECT_FALSE(refused("base64_data; content:\"a\";").empty());
    EXPECT_FALSE(refused("base64_decode; base64_data; content:\"a\"; http.uri; content:\"b\";").empty());
}

TEST(SuricataBuffers, TlsKeywordsWithValuesBecomeChecks) {
    const SignatureSpec version = one("tls.version:1.2;");
    EXPECT_EQ(buffers(version), (std::vector{Buffer::tls_version}));
    EXPECT_TRUE(content(version, 0, 0).ends_with);
    EXPECT_EQ(content(version, 0, 0).bytes, "1.2");
    EXPECT_EQ(one("tls.version:0x0303;").buffers, version.buffers);
    EXPECT_EQ(check<PcreCheck>(one("ssl_version:!tls1.0,!sslv3;"), 0, 0).pattern, "^(?:1\\.0|SSLv3)$");
    EXPECT_TRUE(check<PcreCheck>(one("ssl_version:!tls1.0,!sslv3;"), 0, 0).negated);
    EXPECT_TRUE(content(one("tls.issuerdn:!\"CN=a\";"), 0, 0).negated);
    EXPECT_FALSE(refused("tls.version:2.0;").empty());
    EXPECT_FALSE(refused("ssl_version:tls1.0,!tls1.1;").empty());
}

TEST(SuricataBuffers, HashesAndSerialsAreComparedInTheirOwnCase) {
    EXPECT_EQ(content(one("tls.cert_fingerprint; content:\"AB:cd\";"), 0, 0).bytes, "ab:cd");
    EXPECT_EQ(content(one("tls.cert_serial; content:\"ab:CD\";"), 0, 0).bytes, "AB:CD");
    EXPECT_EQ(content(one("ja3_hash; content:\"ABCD\";"), 0, 0).bytes, "abcd");
}

TEST(SuricataBuffers, OldAndNewNamesAreTheSameBuffer) {
    const std::vector<std::pair<const char*, const char*>> names = {
        {"http_header_names", "http.header_names"},
        {"http_accept", "http.accept"},
        {"http_content_type", "http.content_type"},
        {"tls_sni", "tls.sni"},
        {"tls_cert_subject", "tls.cert_subject"},
        {"ja3_string", "ja3.string"},
        {"file_data", "file.data"},
        {"http_request_line", "http.request_line"}};
    for (const auto& [old, modern] : names) {
        EXPECT_EQ(one(std::string(old) + "; content:\"a\";").buffers,
                  one(std::string(modern) + "; content:\"a\";").buffers);
        EXPECT_EQ(find_buffer(modern), one(std::string(old) + "; content:\"a\";").buffers.at(0).view.buffer);
    }
}

} // namespace
} // namespace nfsieve
