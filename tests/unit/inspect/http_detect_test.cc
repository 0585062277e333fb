// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace nfsieve {
namespace {

Likeness as_client(std::string_view first) {
    return looks_like_http(Side::client, as_bytes(first));
}

Likeness as_server(std::string_view first) {
    return looks_like_http(Side::server, as_bytes(first));
}

TEST(LooksLikeHttp, KnowsMethodsInAnyCase) {
    for (const char* first :
         {"GET ", "POST /x", "get /x HTTP/1.1\r\n", "\r\n\r\nOPTIONS *", "VERSION-CONTROL /"})
        EXPECT_EQ(as_client(first), Likeness::yes) << first;
}

TEST(LooksLikeHttp, BelievesAnUnknownMethodByTheVersion) {
    EXPECT_EQ(as_client("FROB /x HTTP/1.1\r\n"), Likeness::yes);
    EXPECT_EQ(as_client("FROB /x HTTP/1.1"), Likeness::more);
    EXPECT_EQ(as_client("EHLO mail.example\r\n"), Likeness::no);
    EXPECT_EQ(as_client("USER HTTP/x\r\n"), Likeness::no);
}

TEST(LooksLikeHttp, WaitsForEnoughAndNoLonger) {
    EXPECT_EQ(as_client(""), Likeness::more);
    EXPECT_EQ(as_client("GE"), Likeness::more);
    EXPECT_EQ(as_client("\r\n"), Likeness::more);
    EXPECT_EQ(as_client("FROB " + std::string(5000, 'x')), Likeness::no);
    EXPECT_EQ(as_client(std::string(5000, '\n')), Likeness::no);
    EXPECT_EQ(as_client(std::string(50, 'x')), Likeness::no);
}

TEST(LooksLikeHttp, RefusesOtherProtocolsAtOnce) {
    EXPECT_EQ(as_client("\x16\x03\x01"), Likeness::no);
    EXPECT_EQ(as_client("SSH-2.0-x/"), Likeness::no);
    EXPECT_EQ(as_server("220 mail"), Likeness::no);
}

TEST(LooksLikeHttp, KnowsAServerByItsVersion) {
    EXPECT_EQ(as_server("HTTP/"), Likeness::yes);
    EXPECT_EQ(as_server("HTT"), Likeness::more);
    EXPECT_EQ(as_server("HTTQ"), Likeness::no);
}

} // namespace
} // namespace nfsieve
