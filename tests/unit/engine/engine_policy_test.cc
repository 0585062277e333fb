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

TEST_F(EnginePolicy, AStraySynOnAConnectionFromBeforeDoesNotHideThatItLives) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    static_cast<void>(talk.syn_ack());
    mark = EngineConfig().marks.seen();
    now += std::chrono::hours(2);
    EXPECT_TRUE(passes(talk.server_ack())) << "the challenge to a SYN that nobody waits for";
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
    EXPECT_EQ(events.names(), "!midstream evil");
}

TEST_F(EnginePolicy, AStraySynDoesNotMakeAForgottenConnectionANewOne) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    now += std::chrono::hours(25);
    engine->tick(now);
    Conversation stray;
    EXPECT_TRUE(passes(stray.syn()));
    EXPECT_TRUE(passes(talk.server_ack())) << "or the client could not end what the server still has";
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
    EXPECT_FALSE(passes(talk.server_data("x")));
    EXPECT_EQ(count(Counter::cause_expired), 1U);
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

TEST_F(EnginePolicy, UrgentDataPassesWhereTheOperatorSaysSoAndCountsAsUninspected) {
    start(evil, with(Cause::urgent, Policy::accept));
    open(talk);
    TcpPacket packet = talk.client_data("EVIL");
    packet.flags |= tcp_flag::urg;
    packet.urgent_pointer = 3;
    EXPECT_TRUE(passes(packet));
    EXPECT_EQ(count(Counter::uninspected_urgent), 1U);
    EXPECT_FALSE(passes(talk.client_data("PATTERN"))) << "the stream is judged all the same";
}

TEST_F(EnginePolicy, BytesThatWentAnotherWayMustComeByHereToo) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    const TcpPacket missing = talk.client_data("PATT"); // went another way
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(passes(talk.server_ack()));
    EXPECT_EQ(events.names(), "!gap");
    EXPECT_EQ(count(Counter::cause_gap), 3U);
    Conversation behind = talk;
    EXPECT_FALSE(passes(behind.client_data("ERN"))) << "the receiver has all that is before it";
    EXPECT_TRUE(passes(missing));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_FALSE(passes(talk.client_data("ERN")));
}

TEST_F(EnginePolicy, GapRejectEndsTheConnection) {
    start(evil, with(Cause::gap, Policy::reject));
    open(talk);
    talk.client_next += 100; // went another way
    EXPECT_FALSE(passes(talk.server_ack()));
    EXPECT_FALSE(passes(talk.client_data("x")));
    EXPECT_EQ(count(Counter::flows_blocked), 1U);
    EXPECT_FALSE(resets.requests.empty());
}

// Linux ignores the acknowledgment of what it has not sent (tcp_ack()).
TEST_F(EnginePolicy, OneAcknowledgmentOfUnsentBytesIsDroppedAndEndsNothing) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVIL")));
    TcpPacket decoy = talk.server_ack();
    decoy.acknowledgment += 100;
    EXPECT_FALSE(passes(decoy));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_FALSE(passes(decoy));
    EXPECT_TRUE(passes(talk.server_data("x")));
    EXPECT_FALSE(passes(talk.client_data("PATTERN")));
    EXPECT_EQ(events.names(), "!gap evil");
}

TEST_F(EnginePolicy, APickUpAtTheEndOfAStreamIsJudgedFromEarlierBytesToo) {
    start(evil);
    Conversation end = talk;
    end.client_next += 11;
    EXPECT_TRUE(passes(end.client_fin()));
    bool all = true;
    for (std::uint32_t i = 11; i-- > 0;) {
        Conversation piece = talk;
        piece.client_next += i;
        all = passes(piece.client_data(std::string("EVILPATTERN").substr(i, 1))) && all;
    }
    EXPECT_FALSE(all);
}

TEST_F(EnginePolicy, OneWayTrafficIsNotLetThrough) {
    start(evil);
    EXPECT_TRUE(passes(talk.syn()));
    static_cast<void>(talk.syn_ack()); // went another way
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_FALSE(passes(talk.client_data("x")));
    EXPECT_EQ(count(Counter::cause_one_way), 1U);
}

TEST_F(EnginePolicy, AcceptedOneWayAndTruncatedPacketsTakeTheirFlowAlong) {
    EngineConfig config = with(Cause::truncated, Policy::accept);
    start(evil, config);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("before")));
    Buffer cut = build(talk.client_data("some payload"));
    cut.resize(cut.size() - 4);
    EXPECT_TRUE(passes(cut));
    EXPECT_TRUE(passes(talk.server_ack())) << "no gap: what is missing was let through by choice";
    EXPECT_TRUE(passes(talk.client_data("after")));
    EXPECT_EQ(count(Counter::uninspected_truncated), 3U);
    EXPECT_EQ(count(Counter::cause_gap), 0U);
}

TEST_F(EnginePolicy, MemcapAcceptLetsTheRestOfTheFlowPass) {
    EngineConfig config = with(Cause::memcap, Policy::accept);
    config.held_per_flow = 65536;
    start(evil, config);
    open(talk);
    Conversation ahead = talk;
    ahead.client_next += 1000;
    for (unsigned i = 0; i < 100; ++i)
        EXPECT_TRUE(passes(ahead.client_data(std::string(1000, 'x'))));
    EXPECT_TRUE(passes(talk.client_data(std::string(1000, 'x'))));
    EXPECT_TRUE(passes(ahead.server_ack()));
    EXPECT_TRUE(passes(ahead.client_data("goes on")));
    EXPECT_EQ(count(Counter::cause_memcap), 1U);
    EXPECT_GT(count(Counter::uninspected_memcap), 10U);
}

TEST_F(EnginePolicy, RejectTellsBothEndsOfAConnectionThatIsNotPickedUp) {
    start(evil, with(Cause::midstream, Policy::reject));
    const TcpPacket data = talk.client_data("some");
    EXPECT_FALSE(passes(data));
    ASSERT_EQ(resets.requests.size(), 2U);
    EXPECT_EQ(resets.requests[0].destination_port, 40000);
    EXPECT_EQ(resets.requests[0].sequence, data.acknowledgment);
    EXPECT_EQ(resets.requests[1].destination_port, 80);
    EXPECT_EQ(resets.requests[1].sequence, data.sequence);
}

TEST_F(EnginePolicy, AFloodOfStraySegmentsLeavesRoomForNewConnections) {
    EngineConfig config;
    config.flow_memory = std::size_t{1} << 18;
    start(evil, config);
    for (unsigned i = 0; i < 20000; ++i) {
        Conversation stray("203.0.113.1", "198.51.100.1", static_cast<std::uint16_t>(1024 + i));
        EXPECT_TRUE(passes(stray.client_ack()));
    }
    open(talk);
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
}

TEST_F(EnginePolicy, ConnectionsThatRestMakeRoomForOthers) {
    EngineConfig config;
    config.flow_memory = std::size_t{1} << 18;
    std::string file = "{\"rules\": [";
    for (int i = 0; i < 300; ++i) { // each with some state of its own
        file += i == 0 ? "" : ",";
        file += R"({"id": ")" + std::to_string(i) +
                R"(", "action": "drop", "match": {"payload": {"regex": "begin)" + std::to_string(i) +
                R"([^\\n]{1,300}x.{9,99}y"}}})";
    }
    start(file + "]}", config);
    std::vector<Conversation> talks;
    const auto fill = [&] {
        const std::size_t before = talks.size();
        for (;;) {
            Conversation next("203.0.113.1", "198.51.100.1", static_cast<std::uint16_t>(1024 + talks.size()));
            if (!passes(next.syn()) || !passes(next.syn_ack()) || !passes(next.client_ack()) ||
                !passes(next.client_data("begin7 12345 x")))
                return talks.size() - before;
            talks.push_back(next);
        }
    };
    const std::size_t at_first = fill();
    EXPECT_GT(at_first, 10U);
    now += std::chrono::seconds(2);
    EXPECT_GT(fill(), at_first / 4) << "what rests takes less";
    now += std::chrono::seconds(2);
    engine->tick(now);
    EXPECT_LT(count(Counter::flow_memory), config.flow_memory * 9 / 10);
    for (const std::size_t at : {std::size_t{0}, at_first - 1, talks.size() - 1})
        EXPECT_FALSE(passes(talks[at].client_data(std::string(50, '-') + "y"))) << at;
    EXPECT_EQ(count(Counter::matches), 3U);
}

TEST_F(EnginePolicy, APickedUpConnectionWithOneEndAloneIsOneWay) {
    EngineConfig config;
    config.held_per_flow = 65536;
    start(evil, config);
    unsigned passed = 0;
    while (passed < 1000 && passes(talk.client_data(std::string(1000, 'x'))))
        ++passed;
    EXPECT_EQ(passed, 65U);
    EXPECT_EQ(count(Counter::cause_one_way), 1U);
}

TEST_F(EnginePolicy, PacketsWithoutAFlowAreReportedOnceASecond) {
    start(evil);
    for (int i = 0; i < 1000; ++i)
        EXPECT_FALSE(passes(Buffer{0x45}));
    EXPECT_EQ(events.names(), "!malformed");
    now += std::chrono::seconds(1);
    TcpPacket packet = talk.syn();
    packet.data_offset = std::uint8_t{15};
    EXPECT_FALSE(passes(packet));
    EXPECT_EQ(events.names(), "!malformed !malformed");
    EXPECT_TRUE(events.events[1].blocked);
    EXPECT_EQ(events.events[1].ends.client.to_string(), "192.0.2.1");
    EXPECT_EQ(count(Counter::cause_malformed), 1001U);
}

TEST_F(EnginePolicy, BeyondItsCapAFlowGoesOnAndRepeatsAreStillVerified) {
    EngineConfig config;
    config.held_per_flow = 65536;
    start(evil, config);
    TcpPacket syn = talk.syn(), syn_ack = talk.syn_ack(); // with a window of 8 MiB
    syn.options = syn_ack.options = {3, 3, 7};
    EXPECT_TRUE(passes(syn));
    EXPECT_TRUE(passes(syn_ack));
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_TRUE(passes(talk.server_data("go on")));
    const std::uint32_t first = talk.client_next;
    std::string sent;
    for (unsigned i = 0; i < 500; ++i) {
        std::string piece(1000, static_cast<char>('a' + i % 26));
        ASSERT_TRUE(passes(talk.client_data(piece)));
        sent += piece;
    }
    const auto again = [&](unsigned segment, char changed) {
        Conversation copy = talk;
        std::string piece = sent.substr(segment * 1000, 1000);
        piece[500] = changed;
        TcpPacket packet = copy.client_data(std::move(piece));
        packet.sequence = first + segment * 1000;
        return passes(packet);
    };
    for (const unsigned segment : {0U, 50U, 100U, 499U}) {
        EXPECT_TRUE(again(segment, sent[segment * 1000 + 500])) << segment;
        EXPECT_FALSE(again(segment, '?')) << segment;
    }
    EXPECT_EQ(count(Counter::conflicting), 4U);
    EXPECT_EQ(count(Counter::cause_unverifiable), 0U);
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
}

TEST_F(EnginePolicy, AForgottenConnectionIsKnownWithoutAMark) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    now += std::chrono::hours(25);
    engine->tick(now);
    EXPECT_FALSE(passes(talk.client_data("TERN")));
    EXPECT_EQ(count(Counter::cause_expired), 1U);
    EXPECT_EQ(events.names(), "!expired");
    Conversation again;
    open(again);
    EXPECT_TRUE(passes(again.client_data("a new connection on the same ports")));
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
