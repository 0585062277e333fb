// SPDX-License-Identifier: GPL-2.0-or-later
#include "suricata_fixture.h"

namespace nfsieve {
namespace {

using namespace test;

TEST(SuricataContent, BytesMayBeTextHexOrBoth) {
    EXPECT_EQ(content(one("content:\"abc\";"), 0, 0).bytes, "abc");
    EXPECT_EQ(content(one("content:\"a|0D 0a|b|7c|\";"), 0, 0).bytes, "a\r\nb|");
    EXPECT_EQ(content(one("content:\"|000102|\";"), 0, 0).bytes, std::string("\0\1\2", 3));
    EXPECT_TRUE(content(one("content:!\"abc\";"), 0, 0).negated);
    EXPECT_TRUE(content(one("content: ! \"abc\";"), 0, 0).negated);
    for (const char* bad : {"abc", "\"a|0\"", "\"|0|\"", "\"|0g|\"", "\"\\n\"", "\"\"", "\"|20\"", "\"a"})
        EXPECT_FALSE(refused(std::string("content:") + bad + ";").empty()) << bad;
}

TEST(SuricataContent, ModifiersAreAboutTheContentInFront) {
    const SignatureSpec spec = one("content:\"ab\"; nocase; offset:3; depth:10; content:\"cd\"; distance:-2; "
                                   "within:5; content:\"ef\"; endswith; fast_pattern;");
    const ContentCheck& first = content(spec, 0, 0);
    EXPECT_TRUE(first.nocase);
    EXPECT_EQ(first.offset, (Operand{3, {}}));
    EXPECT_EQ(first.depth, (Operand{10, {}}));
    EXPECT_FALSE(first.relative());
    const ContentCheck& second = content(spec, 0, 1);
    EXPECT_FALSE(second.nocase);
    EXPECT_EQ(second.distance, (Operand{-2, {}}));
    EXPECT_EQ(second.within, (Operand{5, {}}));
    EXPECT_TRUE(content(spec, 0, 2).ends_with);
    EXPECT_TRUE(content(spec, 0, 2).fast_pattern);
}

TEST(SuricataContent, StartswithIsADepth) {
    const ContentCheck whole = content(one("content:\"abc\"; startswith;"), 0, 0);
    EXPECT_EQ(whole.offset, (Operand{0, {}}));
    EXPECT_EQ(whole.depth, (Operand{3, {}}));
    EXPECT_FALSE(refused("content:\"abc\"; startswith; offset:1;").empty());
    EXPECT_FALSE(refused("content:\"abc\"; depth:5; startswith;").empty());
}

TEST(SuricataContent, FastPatternMayBeAPart) {
    EXPECT_EQ(content(one("content:\"abcdef\"; fast_pattern:1,3;"), 0, 0).chop,
              (std::pair<std::uint16_t, std::uint16_t>{1, 3}));
    EXPECT_FALSE(content(one("content:\"abcdef\"; fast_pattern:only;"), 0, 0).chop);
    EXPECT_FALSE(refused("content:\"abc\"; fast_pattern:1,3;").empty());
    EXPECT_FALSE(refused("content:\"abc\"; fast_pattern; content:\"def\"; fast_pattern;").empty());
}

TEST(SuricataContent, WhatCannotMatchIsRefused) {
    EXPECT_NE(refused("content:\"abcd\"; depth:3;").find("depth"), std::string::npos);
    EXPECT_NE(refused("content:\"a\"; content:\"abcd\"; within:3;").find("within"), std::string::npos);
    EXPECT_NE(refused("http.uri; content:\"abcd\"; bsize:3;").find("size"), std::string::npos);
    EXPECT_NE(refused("http.uri; content:\"abcd\"; urilen:<4;").find("size"), std::string::npos);
    EXPECT_NE(refused("dsize:3; content:\"abcd\";").find("dsize"), std::string::npos);
    EXPECT_NE(refused("http.host; content:\"Example.org\";").find("small letters"), std::string::npos);
    one("http.host; content:\"Example.org\"; nocase;");
    one("http.uri; content:!\"abcd\"; bsize:3;");
}

TEST(SuricataContent, AbsoluteAndRelativePlacesDoNotMix) {
    EXPECT_FALSE(refused("content:\"a\"; content:\"b\"; distance:1; depth:5;").empty());
    EXPECT_FALSE(refused("content:\"a\"; content:\"b\"; offset:1; within:5;").empty());
    EXPECT_FALSE(refused("content:\"a\"; depth:1; depth:2;").empty());
    EXPECT_FALSE(refused("nocase;").empty());
    EXPECT_FALSE(refused("content:\"a\"; depth:70000;").empty());
}

TEST(SuricataContent, PlacesMayBeVariables) {
    const SignatureSpec spec =
        one("byte_extract:1,0,len; content:\"a\"; offset:len; content:\"b\"; within:len;");
    EXPECT_EQ(spec.variables, (std::vector<std::string>{"len"}));
    EXPECT_EQ(content(spec, 0, 1).offset, (Operand{0, 0U}));
    EXPECT_EQ(content(spec, 0, 2).within, (Operand{0, 0U}));
    EXPECT_NE(refused("content:\"a\"; offset:len; byte_extract:1,0,len;").find("\"len\""), std::string::npos);
}

TEST(SuricataContent, AVariableStaysInItsBuffer) {
    EXPECT_NE(refused("http.uri; byte_extract:1,0,len; http.cookie; content:\"a\"; depth:len;")
                  .find("another buffer"),
              std::string::npos);
    one("http.uri; byte_extract:1,0,len; content:\"a\"; depth:len;");
}

TEST(SuricataContent, PlacedPayloadIsPacketBound) {
    for (const char* bound :
         {"content:\"a\"; depth:3;", "content:\"a\"; offset:3;", "content:\"a\"; startswith;", "dsize:>3;",
          "content:\"a\"; stream_size:server,<,5;"})
        EXPECT_TRUE(one(bound).packet_bound) << bound;
    for (const char* free :
         {"content:\"a\"; content:\"b\"; within:3;", "http.uri; content:\"a\"; startswith;",
          "content:\"a\"; depth:3; flow:only_stream;", "content:\"a\"; endswith;"})
        EXPECT_FALSE(one(free).packet_bound) << free;
    EXPECT_FALSE(one("content:\"a\"; depth:3;", "alert tcp-stream any any -> any any").packet_bound);
    EXPECT_EQ(read(rule("dsize:1;") + "\n" + rule("")).packet_bound, 1U);
}

TEST(SuricataPcre, FlagsAndPattern) {
    const SignatureSpec spec = one("pcre:!\"/^a\\/b\\;(?:c|d)$/ismxAEGR\";");
    PcreCheck expected;
    expected.pattern = "^a\\/b\\;(?:c|d)$";
    expected.caseless = expected.multiline = expected.dotall = expected.extended = expected.anchored =
        expected.dollar_endonly = expected.ungreedy = expected.relative = expected.negated = true;
    EXPECT_EQ(check<PcreCheck>(spec, 0, 0), expected);
    EXPECT_EQ(check<PcreCheck>(one("pcre:/a/i;"), 0, 0).pattern, "a");
    for (const char* bad : {"\"a\"", "\"/a\"", "\"/a/q\"", "\"/a/UH\""})
        EXPECT_FALSE(refused(std::string("pcre:") + bad + ";").empty()) << bad;
}

TEST(SuricataPcre, ALetterChoosesTheBuffer) {
    const std::vector<std::pair<char, Buffer>> letters = {
        {'U', Buffer::http_uri},          {'I', Buffer::http_raw_uri},       {'H', Buffer::http_header},
        {'D', Buffer::http_raw_header},   {'M', Buffer::http_method},        {'C', Buffer::http_cookie},
        {'P', Buffer::http_request_body}, {'Q', Buffer::http_response_body}, {'V', Buffer::http_user_agent},
        {'W', Buffer::http_host},         {'Z', Buffer::http_raw_host},      {'Y', Buffer::http_stat_msg},
        {'S', Buffer::http_stat_code}};
    for (const auto& [letter, buffer] : letters)
        EXPECT_EQ(one(std::string("pcre:\"/a/i") + letter + "\";").buffers.at(0).view.buffer, buffer)
            << letter;
    EXPECT_EQ(one("pcre:\"/a/B\";").buffers.at(0).view.buffer, Buffer::payload);
    EXPECT_EQ(one("http.uri; content:\"x\"; pcre:\"/a/UR\";").buffers.size(), 1U);
    EXPECT_FALSE(refused("http.uri; content:\"x\"; pcre:\"/a/H\";").empty());
}

TEST(SuricataPcre, CapturesHaveNoEffect) {
    EXPECT_EQ(check<PcreCheck>(one("pcre:\"/(?P<flow_ua>.*)/i\";"), 0, 0).pattern, "(?P<flow_ua>.*)");
    EXPECT_EQ(check<PcreCheck>(one("pcre:\"/(a)/i, flow:name\";"), 0, 0).pattern, "(a)");
    EXPECT_FALSE(refused("flowvar:name,\"a\";").empty());
}

} // namespace
} // namespace nfsieve
