// SPDX-License-Identifier: GPL-2.0-or-later
// What happens where a packet cannot be judged as it should be, and that it is counted.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

class EnginePolicy : public EngineTest {
protected:
    static EngineConfig with(Cause cause, Policy policy) {
        EngineConfig config;
        config.on[static_cast<std::size_t>(cause)] = policy;
        return config;
    }
    Conversation talk;
};

TEST_F(EnginePolicy, MalformedPacketsAreDroppedAndCounted) {
    start(evil);
    TcpPacket packet = talk.syn();
    packet.data_offset = std::uint8_t{15};
    EXPECT_FALSE(passes(packet));
    EXPECT_FALSE(passes(Buffer{0x45}));
    EXPECT_FALSE(passes(Buffer{}));
    EXPECT_EQ(count(Counter::cause_malformed), 3U);
}

TEST_F(EnginePolicy, MalformedPacketsPassWhereTheOperatorSaysSo) {
    start(evil, with(Cause::malformed, Policy::accept));
    EXPECT_TRUE(passes(Buffer{0x45}));
    EXPECT_EQ(count(Counter::uninspected_malformed), 1U);
}

TEST_F(EnginePolicy, OtherProtocolsPassAndAreCounted) {
    start(evil);
    TcpPacket packet = talk.syn();
    packet.protocol = std::uint8_t{17};
    EXPECT_TRUE(passes(packet));
    EXPECT_EQ(count(Counter::uninspected_not_tcp), 1U);
}

TEST_F(EnginePolicy, TruncatedPacketsAreDropped) {
    start(evil);
    open(talk);
    Buffer cut = build(talk.client_data("some payload"));
    cut.resize(cut.size() - 4);
    EXPECT_FALSE(passes(cut));
    EXPECT_EQ(count(Counter::cause_truncated), 1U);
}

TEST_F(EnginePolicy, FragmentsAreNotTakenForWholePackets) {
    start(evil);
    open(talk);
    TcpPacket packet = talk.client_data("harmless");
    packet.fragment_field = std::uint16_t{0x2000};
    EXPECT_FALSE(passes(packet));
    EXPECT_EQ(count(Counter::cause_truncated), 1U);
}

TEST_F(EnginePolicy, ConnectionInTheMiddleIsPickedUpAndJudgedFromThere) {
    start(evil);
    EXPECT_TRUE(passes(talk.client_data("some")));
    EXPECT_TRUE(passes(talk.server_data("thing")));
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
    EXPECT_EQ(events.names(), "!midstream evil");
    EXPECT_EQ(count(Counter::cause_midstream), 1U);
}

TEST_F(EnginePolicy, PickedUpConnectionSurvivesBytesThatWereUnderWay) {
    start(evil);
    EXPECT_TRUE(passes(talk.client_data("a")));
    // The server's bytes went by before the start; the client acknowledges more than was seen here.
    EXPECT_TRUE(passes(talk.server_data("b")));
    talk.server_next += 1000;
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_TRUE(passes(talk.server_data("c")));
    EXPECT_FALSE(passes(talk.server_data("EVILPATTERN")));
}

TEST_F(EnginePolicy, MidstreamDropAndAccept) {
    start(evil, with(Cause::midstream, Policy::drop));
    EXPECT_FALSE(passes(talk.client_data("some")));
    engine.reset();
    start(evil, with(Cause::midstream, Policy::accept));
    EXPECT_TRUE(passes(talk.client_data("EVILPATTERN")));
    EXPECT_EQ(count(Counter::uninspected_midstream), 1U);
}

TEST_F(EnginePolicy, DataWithSynIsNotLetThrough) {
    start(evil);
    TcpPacket packet = talk.syn();
    packet.payload = "EVIL";
    EXPECT_FALSE(passes(packet));
    EXPECT_EQ(count(Counter::cause_fast_open), 1U);
}

TEST_F(EnginePolicy, UrgentDataIsNotLetThrough) {
    start(evil);
    open(talk);
    TcpPacket packet = talk.client_data("EVxILPATTERN");
    packet.flags |= tcp_flag::urg;
    packet.urgent_pointer = 3;
    EXPECT_FALSE(passes(packet));
    EXPECT_EQ(count(Counter::cause_urgent), 1U);
}

TEST_F(EnginePolicy, AcknowledgedBytesThatNeverCameByBlockTheFlow) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    talk.client_next += 100; // went another way
    EXPECT_FALSE(passes(talk.server_ack()));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
    EXPECT_EQ(events.names(), "!gap");
    EXPECT_EQ(count(Counter::cause_gap), 1U);
}

TEST_F(EnginePolicy, OneWayTrafficIsNotLetThrough) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    static_cast<void>(talk.syn_ack()); // went another way
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_FALSE(passes(talk.client_data("x")));
    EXPECT_EQ(count(Counter::cause_one_way), 1U);
}

TEST_F(EnginePolicy, HalfOpenFloodDoesNotEndTheInspectionOfLivingFlows) {
    EngineConfig config;
    config.flow_memory = std::size_t{1} << 18;
    start(evil, config);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    for (unsigned i = 0; i < 20000; ++i) {
        Conversation flood("203.0.113.1", "198.51.100.1", static_cast<std::uint16_t>(1024 + i));
        EXPECT_TRUE(passes(flood.syn()));
    }
    EXPECT_FALSE(passes(talk.client_data("TERN")));
}

TEST_F(EnginePolicy, HeldBytesHaveACapAndTheStreamGoesOnBelowIt) {
    EngineConfig config;
    config.held_per_flow = 20000;
    start(evil, config);
    open(talk);
    const std::string piece(1000, 'p');
    bool refused = false;
    for (std::uint32_t i = 1; i < 100; ++i) {
        Conversation copy = talk;
        TcpPacket packet = copy.client_data(piece);
        packet.sequence += i * 1000;
        refused = !passes(packet) || refused;
    }
    EXPECT_TRUE(refused);
    EXPECT_GT(count(Counter::cause_memcap), 0U);
    EXPECT_TRUE(passes(talk.client_data(piece)));
}

TEST_F(EnginePolicy, InspectionDepthEndsInspection) {
    EngineConfig config;
    config.depth = 10;
    start(
        R"({"rules": [{"id": "evil", "action": "drop", "direction": "to_server", "match": {"payload": {"contains": "EVIL"}}}]})",
        config);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("0123456789")));
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_EQ(count(Counter::uninspected_done), 1U);
}

TEST_F(EnginePolicy, BytesBeyondTheDepthOfOneDirectionCountAsUninspected) {
    EngineConfig config;
    config.depth = 10;
    start(R"({"rules": [{"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVIL"}}}]})",
          config);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("0123456789")));
    EXPECT_EQ(count(Counter::uninspected_done), 0U);
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_EQ(count(Counter::uninspected_done), 1U);
    EXPECT_FALSE(passes(talk.server_data("EVIL"))) << "the other direction is still inspected";
}

TEST_F(EnginePolicy, AKnownConnectionThatComesBackAfterItsStateExpiredIsNotPickedUp) {
    start(evil);
    mark = EngineConfig().marks.seen();
    EXPECT_TRUE(passes(talk.client_data("EVILPAT"))) << "after a restart, known connections are picked up";
    now += std::chrono::hours(25);
    engine->tick(now);
    EXPECT_FALSE(passes(talk.client_data("TERN")));
    EXPECT_EQ(count(Counter::cause_expired), 1U);
    mark = 0;
    EXPECT_TRUE(passes(talk.client_data("unmarked: not known")));
}

TEST_F(EnginePolicy, ABlockedConnectionCannotWaitUntilItIsForgotten) {
    start(evil);
    mark = EngineConfig().marks.seen();
    open(talk);
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
    now += std::chrono::minutes(59);
    engine->tick(now);
    EXPECT_FALSE(passes(talk.client_data("x"))) << "still blocked";
    now += std::chrono::minutes(61);
    engine->tick(now);
    EXPECT_FALSE(passes(talk.client_data("x"))) << "known, and its state expired";
    EXPECT_EQ(count(Counter::cause_expired), 1U);
}

TEST_F(EnginePolicy, FlowsEndByTime) {
    start(evil);
    open(talk);
    now += std::chrono::hours(23);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_expired), 0U);
    now += std::chrono::hours(2);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_expired), 1U);
}

} // namespace
} // namespace nfsieve::test
