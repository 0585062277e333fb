// SPDX-License-Identifier: GPL-2.0-or-later
// What signatures do: which action goes first, whom a reject tells, and how often.
#include "signature_fixture.h"

namespace nfsieve::test {
namespace {

TEST_F(EngineSignature, PassGoesBeforeDropAtTheSameByte) {
    begin(R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; sid:1;)
pass tcp any any -> any any (flow:to_server; content:"pattern"; sid:2;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_EQ(events.names(), "") << "a pass rule says nothing by itself";
}

TEST_F(EngineSignature, APassRuleAboutThePacketGoesBeforeWhatIsInIt) {
    begin(R"(pass tcp any any -> any any (flags:PA; sid:1;)
drop tcp any any -> any any (content:"evilpattern"; sid:2;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_TRUE(server("evilpattern"));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, APassRuleIsNotAboutAPacketThatItsReceiverIgnores) {
    begin(R"(pass tcp any any -> any any (flags:PA; ttl:3; sid:1;)
drop tcp any any -> any any (content:"evilpattern"; sid:2;))");
    EXPECT_TRUE(passes(talk.server_ack()));
    TcpPacket forged = talk.client_data("x");
    talk.client_next -= 1;
    forged.hop_limit = 3;
    forged.sequence += 100000000;
    EXPECT_FALSE(passes(forged));
    EXPECT_FALSE(client("evilpattern"));
}

TEST_F(EngineSignature, APassRuleAboutThePacketGoesBeforeWhatASynCarries) {
    start_signatures(R"(pass tcp any any -> any any (sid:1;)
drop tcp any any -> any any (content:"evilpattern"; sid:2;))");
    TcpPacket syn = talk.syn();
    syn.payload = "evilpattern";
    EXPECT_FALSE(passes(syn)) << "by policy";
    EXPECT_EQ(events.names(), "!fast_open");
}

TEST_F(EngineSignature, PassGoesBeforeDropInOneTransaction) {
    const std::string text = R"(
drop http any any -> any any (http.uri; content:"/evil"; sid:1;)
pass http any any -> any any (http.host; content:"friend"; sid:2;))";
    const std::string foe = "GET /evil HTTP/1.1\r\nHost: foe\r\n\r\n",
                      friendly = "GET /evil HTTP/1.1\r\nHost: friend\r\n\r\n";
    begin(text);
    EXPECT_TRUE(client(friendly));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client(foe + friendly)) << "the pass is about the next request";
    talk = Conversation("192.0.2.1", "198.51.100.1", 40002);
    open(talk);
    EXPECT_LT(client_bytes(friendly), 20U) << "the host has not been told when the URI decides";
}

TEST_F(EngineSignature, AnEarlierDropGoesBeforeALaterPass) {
    begin(R"(drop tcp any any -> any any (flow:to_server; content:"evil"; sid:1;)
pass tcp any any -> any any (flow:to_server; content:"pattern"; sid:2;))");
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, RejectResetsBothEnds) {
    begin(R"(reject tcp any any -> any any (flow:to_server; content:"evilpattern"; sid:1;))");
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_FALSE(resets.requests.empty());
}

TEST_F(EngineSignature, RejectsrcAndRejectdstResetOneEnd) {
    begin(R"(rejectsrc tcp any any -> any any (content:"for source"; sid:1;)
rejectdst tcp any any -> any any (content:"for destination"; sid:2;))");
    const auto told = [&] {
        std::string ports;
        for (const ResetRequest& request : resets.requests)
            ports += std::to_string(request.destination_port) + " ";
        resets.requests.clear();
        return ports;
    };
    std::uint16_t port = 40000;
    const auto next = [&] {
        talk = Conversation("192.0.2.1", "198.51.100.1", ++port);
        open(talk);
    };
    EXPECT_FALSE(client("for source"));
    EXPECT_EQ(told(), "40000 ");
    EXPECT_FALSE(server("x"));
    EXPECT_EQ(told(), "") << "this end is spared";
    next();
    EXPECT_FALSE(client("for destination"));
    EXPECT_EQ(told(), "80 ");
    next();
    EXPECT_FALSE(server("for source"));
    EXPECT_EQ(told(), "80 ");
    next();
    EXPECT_FALSE(server("for destination"));
    EXPECT_EQ(told(), "40003 ");
}

TEST_F(EngineSignature, AThresholdLimitsEventsAndNotTheAction) {
    begin(
        R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; threshold:type limit, track by_src, count 1, seconds 60; sid:1;))");
    EXPECT_FALSE(client("evilpattern"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, ADetectionFilterLetsTheFirstOnesPass) {
    begin(
        R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; detection_filter:track by_src, count 1, seconds 60; sid:1;))");
    EXPECT_TRUE(client("evilpattern"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client("evilpattern"));
}

TEST_F(EngineSignature, ADetectionFilterCountsARequestOnceHoweverItIsCut) {
    begin(
        R"(drop http any any -> any any (http.uri; content:"/login"; detection_filter:track by_src, count 2, seconds 60; sid:1;))");
    const std::string login = "POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(client_bytes(login), login.size());
        EXPECT_TRUE(server(answer("x")));
    }
    EXPECT_FALSE(client(login));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, ADetectionFilterCountsALiteralOnceHoweverMuchFollows) {
    begin(
        R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; detection_filter:track by_src, count 2, seconds 60; sid:1;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_EQ(client_bytes("and so on evilpattern and more"), 30U);
    EXPECT_FALSE(client("evilpattern"));
}

} // namespace
} // namespace nfsieve::test
