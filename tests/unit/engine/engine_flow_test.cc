// SPDX-License-Identifier: GPL-2.0-or-later
// Rules and flows: actions, defaults, connection rules, resets, ports used again.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

class EngineFlow : public EngineTest {
protected:
    Conversation talk;
};

TEST_F(EngineFlow, AlertReportsAndPasses) {
    start(R"({"rules": [{"id": "see", "action": "alert", "match": {"payload": {"contains": "x"}}}]})");
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("x")));
    EXPECT_TRUE(passes(talk.client_data("x")));
    EXPECT_TRUE(passes(talk.server_data("x")));
    EXPECT_EQ(events.names(), "see see") << "once a direction";
    EXPECT_FALSE(events.events[0].blocked);
    EXPECT_FALSE(events.events[1].to_server);
}

TEST_F(EngineFlow, AcceptEndsInspectionOfTheWholeFlow) {
    start(R"({"rules": [{"id": "ok", "action": "accept", "match": {"payload": {"contains": "trusted"}}},
                        {"id": "no", "action": "drop", "match": {"payload": {"contains": "EVIL"}}}]})");
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("trusted EVIL")));
    EXPECT_TRUE(passes(talk.server_data("EVIL")));
    EXPECT_EQ(events.names(), "ok");
    EXPECT_EQ(count(Counter::uninspected_done), 1U);
}

TEST_F(EngineFlow, TheFirstMatchInTheStreamDecidesNotTheFirstRule) {
    start(R"({"rules": [{"id": "ok", "action": "accept", "match": {"payload": {"contains": "trusted"}}},
                        {"id": "no", "action": "drop", "match": {"payload": {"contains": "EVIL"}}}]})");
    open(talk);
    EXPECT_FALSE(passes(talk.client_data("EVIL trusted")));
}

TEST_F(EngineFlow, AcceptedFlowIsDoneOnceTheReceiverHasWhatWasJudged) {
    start(R"({"rules": [{"id": "ok", "action": "accept", "match": {"payload": {"contains": "trusted"}}}]})");
    open(talk);
    EXPECT_NE(decide(build(talk.client_data("trusted"))).fate, Fate::done);
    EXPECT_NE(decide(build(talk.client_data("more"))).fate, Fate::done) << "nothing is acknowledged yet";
    EXPECT_EQ(decide(build(talk.server_ack())).fate, Fate::done);
}

TEST_F(EngineFlow, WhatAnAcceptRuleJudgedCannotBeReplacedAfterwards) {
    start(R"({"rules": [{"id": "ok", "action": "accept", "match": {"payload": {"contains": "trusted"}}}]})");
    open(talk);
    const TcpPacket judged = talk.client_data("trusted");
    EXPECT_TRUE(passes(judged));
    TcpPacket other = judged;
    other.payload = "hostile";
    EXPECT_FALSE(passes(other));
    EXPECT_TRUE(passes(judged));
}

TEST_F(EngineFlow, RejectResetsBothEndsWhereTheyStand) {
    start(
        R"({"rules": [{"id": "flag", "action": "reject", "direction": "to_client", "match": {"payload": {"contains": "SECRET"}}}]})");
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("give")));
    const std::uint32_t client_next = talk.client_next;
    const std::uint32_t server_next = talk.server_next;
    EXPECT_FALSE(passes(talk.server_data("a SECRET")));
    ASSERT_EQ(resets.requests.size(), 2U);
    // To the server, which sent it: as the client, at what the server expects.
    EXPECT_EQ(resets.requests[0].destination_port, 80);
    EXPECT_EQ(resets.requests[0].sequence, client_next);
    // To the client: as the server, at the first byte that was not let through.
    EXPECT_EQ(resets.requests[1].source_port, 80);
    EXPECT_EQ(resets.requests[1].sequence, server_next);
    EXPECT_EQ(count(Counter::resets_sent), 2U);
}

TEST_F(EngineFlow, ResetsDoNotOvertakeThePacketsBeforeThem) {
    start(R"({"rules": [{"id": "no", "action": "reject", "match": {"payload": {"contains": "x"}}}]})");
    open(talk);
    const Buffer bytes = build(talk.client_data("x"));
    Packet packet;
    packet.data = bytes;
    packet.time = now;
    EXPECT_EQ(engine->judge(packet).verdict, Verdict::drop);
    EXPECT_TRUE(resets.requests.empty());
    engine->settle();
    EXPECT_EQ(resets.requests.size(), 2U);
}

TEST_F(EngineFlow, ConnectionRuleIsJudgedAtTheFirstPacket) {
    start(R"({"rules": [{"id": "seen", "action": "alert", "to": {"ports": [80]}},
                        {"id": "no", "action": "reject", "to": {"ports": [23]}}]})");
    open(talk);
    Conversation telnet("192.0.2.1", "198.51.100.1", 40001, 23);
    EXPECT_FALSE(passes(telnet.syn()));
    EXPECT_EQ(events.names(), "seen no");
    ASSERT_EQ(resets.requests.size(), 1U);
    EXPECT_EQ(resets.requests[0].acknowledgment, 1001U)
        << "acknowledges the SYN, or the client would not believe it";
}

TEST_F(EngineFlow, DefaultDropWaitsWhileAnAcceptRuleCanStillMatch) {
    start(
        R"({"default": "drop", "rules": [{"id": "ssh", "action": "accept", "direction": "to_server", "match": {"payload": {"starts_with": "SSH-"}}}]})");
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("SS")));
    EXPECT_TRUE(passes(talk.client_data("H-2.0")));
    EXPECT_TRUE(passes(talk.client_data("anything")));
    Conversation other("192.0.2.1", "198.51.100.1", 40001);
    open(other);
    EXPECT_TRUE(passes(other.client_data("SSH")));
    EXPECT_FALSE(passes(other.client_data("!")));
    EXPECT_FALSE(passes(other.client_data("more")));
}

TEST_F(EngineFlow, DefaultDropStopsAConnectionThatNoAcceptRuleIsAbout) {
    start(R"({"default": "drop", "rules": [{"id": "web", "action": "accept", "to": {"ports": [80]}}]})");
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("anything")));
    Conversation other("192.0.2.1", "198.51.100.1", 40001, 25);
    EXPECT_FALSE(passes(other.syn()));
}

TEST_F(EngineFlow, LogFalseMakesNoEvent) {
    start(
        R"({"rules": [{"id": "quiet", "action": "drop", "log": false, "match": {"payload": {"contains": "x"}}}]})");
    open(talk);
    EXPECT_FALSE(passes(talk.client_data("x")));
    EXPECT_TRUE(events.events.empty());
    EXPECT_EQ(count(Counter::matches), 1U);
}

TEST_F(EngineFlow, BlockedPortsServeAgainAfterANewHandshake) {
    start(evil);
    open(talk);
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
    EXPECT_FALSE(passes(talk.server_data("x")));
    Conversation again;
    again.client_next = 900000;
    again.server_next = 800000;
    open(again);
    EXPECT_TRUE(passes(again.client_data("harmless")));
    EXPECT_FALSE(passes(again.client_data("EVILPATTERN")));
    EXPECT_EQ(events.names(), "evil evil");
}

TEST_F(EngineFlow, ASynAloneDoesNotForgetHalfAPattern) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    TcpPacket decoy = talk.client_data("");
    decoy.flags = tcp_flag::syn;
    EXPECT_TRUE(passes(decoy));
    EXPECT_FALSE(passes(talk.client_data("TERN")));
}

TEST_F(EngineFlow, AResetThatTheReceiverIgnoresDoesNotForgetHalfAPattern) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    TcpPacket reset = talk.client_reset();
    reset.sequence += 100000;
    EXPECT_TRUE(passes(reset));
    EXPECT_FALSE(passes(talk.client_data("TERN")));
}

TEST_F(EngineFlow, EqualsDropsTheSegmentWithFin) {
    start(R"({"rules": [{"id": "quit", "action": "drop", "match": {"payload": {"equals": "QUIT"}}}]})");
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("QUIT")));
    EXPECT_FALSE(passes(talk.client_fin()));
    EXPECT_EQ(events.names(), "quit");
}

TEST_F(EngineFlow, IpV6IsJudgedAlike) {
    start(evil);
    Conversation six("2001:db8::1", "2001:db8::2");
    open(six);
    EXPECT_TRUE(passes(six.client_data("EVIL")));
    EXPECT_FALSE(passes(six.client_data("PATTERN")));
}

} // namespace
} // namespace nfsieve::test
