// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/check_runner.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using Kind = Transform::Kind;

std::string made(const std::vector<Transform>& transforms, std::string_view bytes) {
    Result<CompiledTransforms> compiled = compile_transforms(transforms);
    if (!compiled) {
        ADD_FAILURE() << compiled.error().message;
        return {};
    }
    TransformRunner runner;
    std::string scratch = "left over";
    return std::string(as_text(runner.run(*compiled, as_bytes(bytes), scratch)));
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes)
        for (const int shift : {4, 0})
            text.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> shift & 15]);
    return text;
}

TEST(Transforms, none_leave_the_bytes_where_they_are) {
    const std::string bytes = "abc";
    TransformRunner runner;
    std::string scratch;
    EXPECT_EQ(runner.run({}, as_bytes(bytes), scratch).data(), as_bytes(bytes).data());
}

TEST(Transforms, change_single_bytes) {
    EXPECT_EQ(made({{Kind::dotprefix, {}}}, "example.net"), ".example.net");
    EXPECT_EQ(made({{Kind::to_lowercase, {}}}, "AbC[Z@\xc4"), "abc[z@\xc4");
    EXPECT_EQ(made({{Kind::to_uppercase, {}}}, "AbC{z`\xe4"), "ABC{Z`\xe4");
    EXPECT_EQ(made({{Kind::xor_key, "\x01\x02"}}, "abcd"), "``bf");
    EXPECT_EQ(made({{Kind::xor_key, "\x01\x02"}, {Kind::xor_key, "\x01\x02"}}, "abcde"), "abcde");
}

TEST(Transforms, drop_whitespace_as_isspace_has_it) {
    EXPECT_EQ(made({{Kind::strip_whitespace, {}}}, " a\t\r\n\v\fb "), "ab");
    EXPECT_EQ(made({{Kind::compress_whitespace, {}}}, "  a\t b\r\nc "), " a\tb\rc ");
}

TEST(Transforms, decode_urls_and_leave_what_is_none) {
    EXPECT_EQ(made({{Kind::url_decode, {}}}, "Suricata%20is+%27%61wesome%21%27%25%30%30%ZZ%4"),
              "Suricata is 'awesome!'%00%ZZ%4");
    EXPECT_EQ(made({{Kind::url_decode, {}}}, "%2B%aF"), "+\xaf");
    EXPECT_EQ(made({{Kind::url_decode, {}}}, "%2"), "%2");
}

TEST(Transforms, know_header_lines) {
    EXPECT_EQ(made({{Kind::header_lowercase, {}}}, "Host: A:B\r\nUser-Agent: Me\r\n"),
              "host: A:B\r\nuser-agent: Me\r\n");
    EXPECT_EQ(made({{Kind::strip_pseudo_headers, {}}}, ":method: GET\r\nHost: a\r\n:path: /\r\nX: :y\r\n"),
              "Host: a\r\nX: :y\r\n");
    EXPECT_EQ(made({{Kind::strip_pseudo_headers, {}}}, "A: b\n:c"), "A: b\n");
}

TEST(Transforms, make_raw_digests) {
    EXPECT_EQ(hex(made({{Kind::to_md5, {}}}, "abc")), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex(made({{Kind::to_sha1, {}}}, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex(made({{Kind::to_sha256, {}}}, "abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(made({{Kind::to_md5, {}}}, "")), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Transforms, decode_base64_where_there_is_any) {
    EXPECT_EQ(made({{Kind::from_base64, {}}}, "SGVsbG8gV29ybGQ=, and more"), "Hello World");
    EXPECT_EQ(made({{Kind::from_base64, {}}}, "!"), "!");
}

TEST(Transforms, keep_the_first_capture_of_a_regex) {
    const std::string uri = "/get?data=7d6b";
    EXPECT_EQ(made({{Kind::pcrexform, "/get\\?data=(.*)"}}, uri), "7d6b");
    EXPECT_EQ(made({{Kind::pcrexform, "/post\\?data=(.*)"}}, uri), uri);
    EXPECT_EQ(made({{Kind::pcrexform, "/get(x)?"}}, uri), uri);
}

TEST(Transforms, follow_each_other) {
    EXPECT_EQ(made({{Kind::pcrexform, "d=([^&]*)"},
                    {Kind::url_decode, {}},
                    {Kind::from_base64, {}},
                    {Kind::to_uppercase, {}},
                    {Kind::pcrexform, "(W.*)"},
                    {Kind::dotprefix, {}}},
                   "/?d=SGVsbG8%67V29ybGQ%3D&x"),
              ".WORLD");
    EXPECT_EQ(made({{Kind::to_uppercase, {}}, {Kind::to_lowercase, {}}}, "Ab"), "ab");
    EXPECT_EQ(made({{Kind::to_uppercase, {}}, {Kind::to_lowercase, {}}, {Kind::strip_whitespace, {}}}, "A b"),
              "ab");
}

TEST(Transforms, are_refused_where_they_cannot_be_done) {
    const auto refused = [](Kind kind, std::string argument) {
        const std::vector<Transform> list{{kind, std::move(argument)}};
        const Result<CompiledTransforms> compiled = compile_transforms(list);
        return compiled ? std::string() : compiled.error().message;
    };
    EXPECT_NE(refused(Kind::pcrexform, "a(").find("position 2"), std::string::npos);
    EXPECT_NE(refused(Kind::pcrexform, "ab").find("exactly one capture"), std::string::npos);
    EXPECT_NE(refused(Kind::pcrexform, "(a)(b)").find("exactly one capture"), std::string::npos);
    EXPECT_NE(refused(Kind::xor_key, "").find("key"), std::string::npos);
    EXPECT_NE(refused(Kind::domain, "").find("domain"), std::string::npos);
}

} // namespace
} // namespace nfsieve
