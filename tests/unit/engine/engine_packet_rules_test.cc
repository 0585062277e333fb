// SPDX-License-Identifier: GPL-2.0-or-later
// Rules about packets: flags, resets, headers.
#include "signature_fixture.h"

namespace nfsieve::test {
namespace {

TEST_F(EngineSignature, FlagsAreThoseOfThePacket) {
    start_signatures(R"(drop tcp any any -> any any (flags:S; sid:1;))");
    EXPECT_FALSE(passes(talk.handshake().front()));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, WhoGoesOnBehindAnObeyedResetIsNoticed) {
    begin(R"(alert tcp any any -> any any (stream-event:suspected_rst_inject; sid:1;))");
    EXPECT_TRUE(client("one"));
    EXPECT_TRUE(passes(talk.client_reset()));
    EXPECT_TRUE(passes(talk.client_reset()));
    EXPECT_TRUE(server("the other end may not have heard of it"));
    EXPECT_EQ(events.names(), "");
    EXPECT_TRUE(client("two"));
    EXPECT_EQ(events.names(), "1");
    EXPECT_TRUE(client("three"));
    EXPECT_TRUE(server("four"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AResetThatNobodyObeysIsNone) {
    begin(R"(alert tcp any any -> any any (stream-event:suspected_rst_inject; sid:1;))");
    TcpPacket reset = talk.client_reset();
    reset.sequence += 5000;
    static_cast<void>(passes(reset));
    EXPECT_TRUE(client("one"));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, ANewConnectionBehindAResetIsNone) {
    begin(R"(alert tcp any any -> any any (stream-event:suspected_rst_inject; sid:1;))");
    EXPECT_TRUE(passes(talk.client_reset()));
    talk = Conversation();
    talk.client_next = 70000;
    talk.server_next = 90000;
    open(talk);
    EXPECT_TRUE(client("one"));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, HeadersAreThoseOfThePacket) {
    start_signatures(
        R"(drop tcp any any -> any any (ipv4.hdr; content:"|c0 00 02 63|"; offset:12; depth:4; sid:1;)
drop tcp any any -> any any (ipv6.hdr; content:"|fd 00|"; offset:8; depth:2; sid:2;))");
    EXPECT_TRUE(passes(Conversation("192.0.2.1", "198.51.100.1").syn()));
    EXPECT_FALSE(passes(Conversation("192.0.2.99", "198.51.100.1").syn()));
    EXPECT_TRUE(passes(Conversation("2001:db8::1", "2001:db8::2").syn()));
    EXPECT_FALSE(passes(Conversation("fd00::1", "2001:db8::2").syn()));
    EXPECT_EQ(events.names(), "1 2");
}

TEST_F(EngineSignature, AnIpv6HeaderEndsWhereTcpBegins) {
    start_signatures(
        R"(drop tcp any any -> any any (ipv6.hdr; bsize:48; content:"|06 00|"; offset:40; sid:1;))");
    TcpPacket syn = Conversation("2001:db8::1", "2001:db8::2").syn();
    EXPECT_TRUE(passes(syn));
    syn.extensions = {{60, {0, 1, 4, 0, 0, 0, 0}}};
    EXPECT_FALSE(passes(syn));
}

TEST_F(EngineSignature, ANumberOfOneHeaderIsComparedWithTheNext) {
    // The sum of TTL and protocol is the TCP window's low byte.
    const std::string rule = "drop tcp any any -> any any (flow:to_server; ipv4.hdr; byte_extract:1,8,ttl; "
                             "byte_math:bytes 1, offset 9, oper +, rvalue ttl, result sum; "
                             "tcp.hdr; byte_test:1,=,sum,15; sid:1;)";
    begin(rule);
    TcpPacket data = talk.client_data("x");
    data.hop_limit = 50;
    data.window = 55;
    EXPECT_TRUE(passes(data));
    data = talk.client_data("y");
    data.hop_limit = 50;
    data.window = 56;
    EXPECT_FALSE(passes(data));
}

} // namespace
} // namespace nfsieve::test
