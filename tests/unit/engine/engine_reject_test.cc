// SPDX-License-Identifier: GPL-2.0-or-later
// `reject` as a policy: the packet is dropped, and both ends learn that their connection is over.
#include "engine_fixture.h"
#include "failing_matcher.h"

namespace nfsieve::test {
namespace {

class EngineReject : public EngineTest {
protected:
    void begin(Cause cause, EngineConfig config = {}, const char* rule_file = evil) {
        config.on[static_cast<std::size_t>(cause)] = Policy::reject;
        start(rule_file, config);
    }
    [[nodiscard]] const ResetRequest* reset_to(std::uint16_t port) const {
        for (const ResetRequest& request : resets.requests)
            if (request.destination_port == port)
                return &request;
        return nullptr;
    }
    /// The client's packet is dropped, and each end is told at the place where it obeys.
    void expect_both_told(const Buffer& packet, std::uint32_t client_expects, std::uint32_t server_expects) {
        resets.requests.clear();
        EXPECT_FALSE(passes(packet));
        const ResetRequest* const client = reset_to(40000);
        const ResetRequest* const server = reset_to(80);
        ASSERT_TRUE(client != nullptr && server != nullptr);
        EXPECT_EQ(client->sequence, client_expects);
        EXPECT_EQ(server->sequence, server_expects);
    }
    /// The same, and nothing that comes after is let through: there is no connection any more.
    void expect_ended(const TcpPacket& packet, std::uint32_t server_expects) {
        expect_ended(build(packet), server_expects);
    }
    void expect_ended(const Buffer& packet, std::uint32_t server_expects) {
        expect_both_told(packet, talk.server_next, server_expects);
        EXPECT_EQ(count(Counter::flows_blocked), 1U);
        EXPECT_FALSE(passes(talk.client_data("x")));
        EXPECT_FALSE(passes(talk.server_data("x")));
        EXPECT_EQ(count(Counter::flows_blocked), 1U);
    }
    Conversation talk;
};

TEST_F(EngineReject, BytesThatCannotBeHeldEndTheConnection) {
    EngineConfig config;
    config.held_per_flow = 20'000;
    begin(Cause::memcap, config);
    open(talk);
    Conversation ahead = talk;
    ahead.client_next += 1000;
    while (passes(ahead.client_data(std::string(1000, 'x'))))
        ASSERT_TRUE(resets.requests.empty());
    EXPECT_EQ(count(Counter::cause_memcap), 1U);
    EXPECT_EQ(count(Counter::flows_blocked), 1U);
    ASSERT_TRUE(reset_to(40000) != nullptr && reset_to(80) != nullptr);
    EXPECT_EQ(reset_to(40000)->sequence, talk.server_next);
    EXPECT_EQ(reset_to(80)->sequence, talk.client_next);
    EXPECT_FALSE(passes(talk.client_data("x")));
}

TEST_F(EngineReject, AMatcherWithoutMemoryEndsTheConnection) {
    EngineConfig config;
    config.flow_memory = std::size_t{1} << 16;
    begin(Cause::memcap, config);
    std::vector<Conversation> all;
    for (std::uint16_t port = 1024;; ++port) {
        Conversation next("203.0.113.1", "198.51.100.1", port);
        if (!passes(next.syn()))
            break;
        EXPECT_TRUE(passes(next.syn_ack()));
        EXPECT_TRUE(passes(next.client_ack()));
        all.push_back(next);
    }
    ASSERT_GT(all.size(), 10U);
    EXPECT_EQ(count(Counter::resets_sent), 1U) << "the client that found no place is told";
    std::size_t judged = 0;
    while (judged < all.size() && passes(all[judged].client_data("x")))
        ++judged;
    ASSERT_LT(judged, all.size());
    EXPECT_EQ(count(Counter::resets_sent), 3U);
    EXPECT_EQ(count(Counter::flows_blocked), 1U);
}

TEST_F(EngineReject, AGapEndsTheConnection) {
    begin(Cause::gap);
    open(talk);
    const std::uint32_t expected = talk.client_next;
    talk.client_next += 100; // went another way
    resets.requests.clear();
    EXPECT_FALSE(passes(talk.server_ack()));
    ASSERT_TRUE(reset_to(40000) != nullptr && reset_to(80) != nullptr);
    EXPECT_EQ(reset_to(80)->sequence, expected + 100) << "the server says that it has them";
    EXPECT_EQ(reset_to(40000)->sequence, talk.server_next);
    EXPECT_FALSE(passes(talk.client_data("x")));
}

TEST_F(EngineReject, ATruncatedPacketEndsTheConnection) {
    begin(Cause::truncated);
    open(talk);
    const std::uint32_t expected = talk.client_next;
    Buffer cut = build(talk.client_data("some payload"));
    cut.resize(cut.size() - 4);
    expect_ended(cut, expected);
}

TEST_F(EngineReject, AFailingMatcherEndsTheConnection) {
    begin(Cause::matcher_error);
    open(talk);
    const std::uint32_t expected = talk.client_next;
    const FailingMatcher failing;
    expect_ended(talk.client_data("x"), expected);
    EXPECT_EQ(count(Counter::cause_matcher_error), 1U);
}

TEST_F(EngineReject, ARepeatThatCannotBeVerifiedEndsTheConnection) {
    EngineConfig config;
    config.held_per_flow = 65536;
    begin(Cause::unverifiable, config);
    TcpPacket syn = talk.syn(), syn_ack = talk.syn_ack(); // with a window of 8 MiB
    syn.options = syn_ack.options = {3, 3, 7};
    EXPECT_TRUE(passes(syn));
    EXPECT_TRUE(passes(syn_ack));
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_TRUE(passes(talk.server_data("go on")));
    TcpPacket repeat = talk.client_data(std::string(1000, 'x'));
    EXPECT_TRUE(passes(repeat));
    for (unsigned i = 1; i < 200; ++i)
        EXPECT_TRUE(passes(talk.client_data(std::string(1000, 'x'))));
    repeat.sequence += 150'500; // only digests of whole segments are left of these
    repeat.payload.resize(100);
    expect_ended(repeat, talk.client_next);
    EXPECT_EQ(count(Counter::cause_unverifiable), 1U);
}

TEST_F(EngineReject, UrgentDataEndsTheConnection) {
    begin(Cause::urgent);
    open(talk);
    const std::uint32_t expected = talk.client_next;
    TcpPacket packet = talk.client_data("EVxIL");
    packet.flags |= tcp_flag::urg;
    packet.urgent_pointer = 3;
    expect_ended(packet, expected);
    EXPECT_EQ(count(Counter::cause_urgent), 1U) << "the flow is blocked: that was why";
}

TEST_F(EngineReject, AnUrgentPointerInTheHandshakeLeavesRoomForAnotherTry) {
    begin(Cause::urgent);
    TcpPacket syn = talk.syn();
    syn.flags |= tcp_flag::urg;
    EXPECT_FALSE(passes(syn));
    ASSERT_EQ(resets.requests.size(), 1U);
    EXPECT_EQ(resets.requests[0].acknowledgment, syn.sequence + 1);
    EXPECT_EQ(count(Counter::flows_blocked), 0U);
    Conversation again;
    open(again);
}

TEST_F(EngineReject, DataWithSynTellsTheClientAndLeavesRoomForAnotherTry) {
    begin(Cause::fast_open);
    TcpPacket packet = talk.syn();
    packet.payload = "EVIL";
    EXPECT_FALSE(passes(packet));
    ASSERT_EQ(resets.requests.size(), 1U);
    EXPECT_EQ(resets.requests[0].destination_port, 40000);
    EXPECT_EQ(resets.requests[0].acknowledgment, packet.sequence + 5);
    Conversation again;
    open(again);
}

TEST_F(EngineReject, DataWithTheServersSynTellsBothEnds) {
    begin(Cause::fast_open);
    EXPECT_TRUE(passes(talk.syn()));
    TcpPacket packet = talk.syn_ack();
    packet.payload = "EVIL";
    EXPECT_FALSE(passes(packet));
    ASSERT_TRUE(reset_to(40000) != nullptr && reset_to(80) != nullptr);
    EXPECT_EQ(reset_to(40000)->acknowledgment, packet.acknowledgment) << "it waits for an answer to its SYN";
    EXPECT_EQ(reset_to(80)->sequence, packet.acknowledgment);
}

TEST_F(EngineReject, DataWithAForgedSynEndsNoConnection) {
    begin(Cause::fast_open);
    open(talk);
    TcpPacket packet = Conversation().syn();
    packet.sequence += 100'000;
    packet.payload = "EVIL";
    EXPECT_FALSE(passes(packet));
    EXPECT_EQ(reset_to(80), nullptr);
    EXPECT_TRUE(passes(talk.client_data("goes on")));
    EXPECT_TRUE(passes(talk.server_data("goes on")));
}

TEST_F(EngineReject, DataBeforeTheHandshakeIsCompleteTellsBothEnds) {
    begin(Cause::one_way);
    EXPECT_TRUE(passes(talk.syn()));
    static_cast<void>(talk.syn_ack()); // went another way
    EXPECT_TRUE(passes(talk.client_ack()));
    const std::uint32_t expected = talk.client_next;
    expect_both_told(build(talk.client_data("x")), talk.server_next, expected);
}

TEST_F(EngineReject, AnswersThatGoAnotherWayEndTheConnection) {
    EngineConfig config;
    config.held_per_flow = 65536;
    begin(Cause::one_way, config);
    std::uint32_t expected = talk.client_next;
    TcpPacket last = talk.client_data("x");
    while (passes(last)) {
        expected = talk.client_next;
        last = talk.client_data(std::string(1000, 'x'));
    }
    ASSERT_EQ(count(Counter::cause_one_way), 1U);
    EXPECT_EQ(count(Counter::flows_blocked), 1U);
    ASSERT_TRUE(reset_to(40000) != nullptr && reset_to(80) != nullptr);
    EXPECT_EQ(reset_to(40000)->sequence, talk.server_next);
    EXPECT_EQ(reset_to(80)->sequence, expected);
}

TEST_F(EngineReject, AForgottenConnectionIsEnded) {
    begin(Cause::expired);
    open(talk);
    now += std::chrono::hours(25);
    engine->tick(now);
    const std::uint32_t expected = talk.client_next;
    expect_both_told(build(talk.client_data("x")), talk.server_next, expected);
    EXPECT_EQ(count(Counter::cause_expired), 1U);
}

TEST_F(EngineReject, AForgottenConnectionIsEndedBehindAStraySynToo) {
    begin(Cause::expired);
    open(talk);
    now += std::chrono::hours(25);
    engine->tick(now);
    Conversation stray("198.51.100.1", "192.0.2.1", 80, 40000);
    EXPECT_TRUE(passes(stray.syn()));
    const std::uint32_t expected = talk.client_next;
    expect_both_told(build(talk.client_data("x")), talk.server_next, expected);
    EXPECT_EQ(count(Counter::cause_expired), 1U);
}

TEST_F(EngineReject, AConnectionInTheMiddleIsEnded) {
    begin(Cause::midstream);
    const std::uint32_t expected = talk.client_next;
    expect_both_told(build(talk.client_data("x")), talk.server_next, expected);
}

TEST_F(EngineReject, AConnectionInTheMiddleIsEndedBehindAStraySynToo) {
    begin(Cause::midstream);
    Conversation stray("198.51.100.1", "192.0.2.1", 80, 40000);
    EXPECT_TRUE(passes(stray.syn()));
    const std::uint32_t expected = talk.client_next;
    expect_both_told(build(talk.client_data("x")), talk.server_next, expected);
}

TEST_F(EngineReject, APacketInTheOtherEndsNameEndsNothingWhereTheRealOnesCameFirst) {
    begin(Cause::spoofed);
    const auto from = [&](std::uint32_t where, const TcpPacket& packet) {
        interface = where;
        return passes(packet);
    };
    EXPECT_TRUE(from(2, talk.syn()));
    EXPECT_TRUE(from(3, talk.syn_ack()));
    EXPECT_TRUE(from(2, talk.client_ack()));
    EXPECT_FALSE(from(2, talk.server_ack()));
    EXPECT_TRUE(resets.requests.empty());
    EXPECT_TRUE(from(2, talk.client_data("goes on")));
}

TEST_F(EngineReject, AConnectionThatWasMadeUpFromItsStartIsEnded) {
    begin(Cause::spoofed);
    interface = 2;
    EXPECT_TRUE(passes(talk.syn()));
    Conversation fake = talk;
    EXPECT_TRUE(passes(fake.syn_ack()));
    EXPECT_TRUE(passes(fake.client_ack()));
    interface = 3;
    EXPECT_FALSE(passes(talk.syn_ack()));
    EXPECT_TRUE(reset_to(40000) != nullptr && reset_to(80) != nullptr);
    EXPECT_EQ(count(Counter::flows_blocked), 1U);
}

TEST_F(EngineReject, AMalformedSegmentIsAnsweredAsFarAsItCanBeRead) {
    begin(Cause::malformed);
    open(talk);
    const std::uint32_t expected = talk.client_next;
    TcpPacket packet = talk.client_data("x");
    packet.data_offset = std::uint8_t{15};
    expect_both_told(build(packet), talk.server_next, expected);
    EXPECT_EQ(count(Counter::flows_blocked), 0U) << "no flow is known for what cannot be read";
    resets.requests.clear();
    EXPECT_FALSE(passes(Buffer{0x45}));
    EXPECT_TRUE(resets.requests.empty());
}

TEST_F(EngineReject, AFlowThatARuleDropsInSilenceStaysSilent) {
    begin(Cause::urgent);
    open(talk);
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
    TcpPacket packet = talk.client_data("x");
    packet.flags |= tcp_flag::urg;
    EXPECT_FALSE(passes(packet));
    EXPECT_TRUE(resets.requests.empty());
}

} // namespace
} // namespace nfsieve::test
