// SPDX-License-Identifier: GPL-2.0-or-later
// When a flow is done, and how it comes back.
#include "signature_fixture.h"

namespace nfsieve::test {
namespace {

class EngineFinality : public EngineSignature {
protected:
    static constexpr const char* ssh =
        R"({"rules": [{"id": "ssh", "action": "drop", "direction": "to_server", "match": {"payload": {"starts_with": "SSH-"}}}]})";
    static constexpr const char* elsewhere =
        R"({"rules": [{"id": "x", "action": "drop", "to": {"ports": [25]}, "match": {"payload": {"contains": "x"}}}]})";

    Fate fate(const TcpPacket& packet) { return decide(build(packet)).fate; }
    void start_marked(const char* file) {
        rules.mark = 3;
        start(file);
        engine->tick(now);
    }
    void reload(const char* file, std::uint8_t next) {
        rules.publish(file);
        rules.mark = 0;
        engine->tick(now);
        rules.mark = next;
        engine->tick(now);
    }
};

TEST_F(EngineFinality, AConnectionThatNoRuleConcernsIsDoneAtItsHandshake) {
    start_marked(elsewhere);
    EXPECT_EQ(fate(talk.syn()), Fate::open);
    EXPECT_EQ(fate(talk.syn_ack()), Fate::open);
    const Decision decision = decide(build(talk.client_ack()));
    EXPECT_EQ(decision.verdict, Verdict::accept);
    EXPECT_EQ(decision.fate, Fate::done);
    EXPECT_EQ(decision.generation, 3);
}

TEST_F(EngineFinality, AnotherAddressIsAnotherConnection) {
    start(
        R"({"rules": [{"id": "x", "action": "drop", "from": {"addresses": ["192.0.2.1"]}, "match": {"payload": {"contains": "x"}}}]})");
    open(talk);
    EXPECT_EQ(fate(talk.client_data("y")), Fate::open);
    EXPECT_EQ(fate(talk.server_ack()), Fate::open);
    Conversation other("192.0.2.2", "198.51.100.1", 40001);
    EXPECT_TRUE(passes(other.syn()));
    EXPECT_TRUE(passes(other.syn_ack()));
    EXPECT_EQ(fate(other.client_ack()), Fate::done);
}

TEST_F(EngineFinality, ABoundedRuleLetsGoBehindItsBoundOnceAllIsAcknowledged) {
    start(ssh);
    open(talk);
    EXPECT_EQ(fate(talk.client_data("SS")), Fate::open);
    EXPECT_EQ(fate(talk.server_ack()), Fate::open) << "two bytes more may make it match";
    EXPECT_EQ(fate(talk.client_data("L!")), Fate::open) << "nobody has acknowledged this";
    EXPECT_EQ(fate(talk.server_ack()), Fate::done);
}

TEST_F(EngineFinality, BeyondTheDepthNoRuleKeepsADirection) {
    EngineConfig config;
    config.depth = 4;
    start(
        R"({"rules": [{"id": "any", "action": "drop", "direction": "to_server", "match": {"payload": {"contains": "evil"}}}]})",
        config);
    open(talk);
    EXPECT_EQ(fate(talk.client_data("abc")), Fate::open);
    EXPECT_EQ(fate(talk.server_ack()), Fate::open);
    EXPECT_EQ(fate(talk.client_data("de")), Fate::open) << "nobody has acknowledged this";
    EXPECT_EQ(fate(talk.server_ack()), Fate::done);
}

TEST_F(EngineFinality, WhatWasJudgedLastCannotBeSentAgainAsSomethingElse) {
    start(ssh);
    open(talk);
    TcpPacket judged = talk.client_data("SSL!");
    EXPECT_EQ(fate(judged), Fate::open);
    judged.payload = "SSH-";
    EXPECT_FALSE(passes(judged));
    EXPECT_EQ(fate(talk.server_ack()), Fate::done);
}

TEST_F(EngineFinality, ARuleThatMatchesAnywhereKeepsTheFlow) {
    start(evil);
    open(talk);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(fate(talk.client_data(std::string(1000, 'x'))), Fate::open);
        EXPECT_EQ(fate(talk.server_ack()), Fate::open);
    }
}

TEST_F(EngineFinality, AFinThatNobodyHasAcknowledgedEndsNothing) {
    start(evil);
    open(talk);
    TcpPacket fin = talk.client_data("EVILPAT");
    EXPECT_TRUE(passes(fin));
    EXPECT_TRUE(passes(talk.server_fin()));
    EXPECT_EQ(fate(talk.client_fin()), Fate::open) << "it may be lost on its way to the server";
    TcpPacket more = talk.client_data("TERN");
    --more.sequence; // the FIN's place
    EXPECT_FALSE(passes(more));
}

TEST_F(EngineFinality, HttpIsNeverDoneWhileARuleReadsRequests) {
    begin("drop http any any -> any any (msg:\"u\"; http.uri; content:\"evil.php\"; sid:1;)\n");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server(answer("hello")));
    EXPECT_EQ(fate(talk.client_ack()), Fate::open);
    EXPECT_FALSE(client("GET /evil.php HTTP/1.1\r\nHost: a\r\n\r\n"));
}

TEST_F(EngineFinality, WhatIsNeitherHttpNorTlsIsDoneWhereOnlyTheseAreRead) {
    begin("drop http any any -> any any (msg:\"u\"; http.uri; content:\"evil.php\"; sid:1;)\n");
    EXPECT_TRUE(client("\x01\x02\x03 nothing of that kind\n"));
    EXPECT_TRUE(server("\x01\x02\x03 and this neither\n"));
    EXPECT_EQ(fate(talk.client_ack()), Fate::done);
}

TEST_F(EngineFinality, HttpIsDoneWhereOnlyTlsIsRead) {
    begin("drop tls any any -> any any (msg:\"s\"; tls.sni; content:\"evil\"; sid:1;)\n");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server(answer("hello")));
    EXPECT_EQ(fate(talk.client_ack()), Fate::done);
}

TEST_F(EngineFinality, DefaultDropHoldsOnUntilItHasDecided) {
    start(
        R"({"default": "drop", "rules": [{"id": "ssh", "action": "accept", "direction": "to_server", "match": {"payload": {"starts_with": "SSH-"}}}]})");
    open(talk);
    EXPECT_EQ(fate(talk.client_data("SS")), Fate::open);
    EXPECT_FALSE(passes(talk.client_data("L!")));
}

TEST_F(EngineFinality, ABlockedFlowSaysSoWithEachPacketButNotWithASyn) {
    start(evil);
    open(talk);
    EXPECT_EQ(fate(talk.client_data("EVILPATTERN")), Fate::blocked);
    EXPECT_EQ(fate(talk.server_data("x")), Fate::blocked);
    Conversation again;
    EXPECT_EQ(fate(again.syn()), Fate::open);
}

TEST_F(EngineFinality, ARejectedFlowSaysThatItIs) {
    start(R"({"rules": [{"id": "no", "action": "reject", "match": {"payload": {"contains": "x"}}}]})");
    open(talk);
    EXPECT_EQ(fate(talk.client_data("x")), Fate::rejected);
}

TEST_F(EngineFinality, AfterAReloadAFlowThatWasDoneIsTakenUpInTheMiddle) {
    start_marked(elsewhere);
    open(talk);
    EXPECT_EQ(fate(talk.client_data("a")), Fate::done);
    reload(evil, 4);
    talk.client_next += 1'000'000; // what the kernel forwarded by itself
    talk.server_next += 5'000'000;
    EXPECT_TRUE(passes(talk.client_data("still fine")));
    EXPECT_TRUE(passes(talk.server_data("so is this")));
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    EXPECT_FALSE(passes(talk.client_data("TERN")));
    EXPECT_EQ(events.names(), "!midstream evil");
}

TEST_F(EngineFinality, UntilTheKernelKnowsOfTheReloadAFlowStaysDone) {
    start_marked(elsewhere);
    open(talk);
    rules.publish(evil);
    rules.mark = 0;
    engine->tick(now);
    EXPECT_TRUE(passes(talk.client_data("EVILPATTERN")))
        << "the kernel forwards what follows, so that judging it "
           "from here would find bytes missing";
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineFinality, AReloadOfTheSameRulesLeavesWhatIsDoneAlone) {
    start_marked(elsewhere);
    open(talk);
    reload(elsewhere, 3);
    EXPECT_EQ(fate(talk.client_data("a")), Fate::done);
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineFinality, WhereNothingMayBePickedUpAFlowThatComesBackIsRefused) {
    EngineConfig config;
    config.on[static_cast<std::size_t>(Cause::midstream)] = Policy::drop;
    rules.mark = 3;
    start(elsewhere, config);
    engine->tick(now);
    open(talk);
    reload(evil, 4);
    EXPECT_FALSE(passes(talk.client_data("a")));
}

TEST_F(EngineFinality, AFlowThatWasDoneAndForgottenIsPickedUpAndNotTakenForAnExpiredOne) {
    start_marked(elsewhere);
    open(talk);
    now += std::chrono::hours(25);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_alive), 0U);
    reload(evil, 4);
    const MarkLayout marks;
    mark = marks.seen() | marks.returned();
    EXPECT_TRUE(passes(talk.client_data("a")));
    EXPECT_EQ(events.names(), "!midstream");
}

TEST_F(EngineFinality, TheEntryOfADoneFlowGoesSoonOnceTheKernelForwardsIt) {
    start_marked(elsewhere);
    open(talk);
    now += std::chrono::seconds(61);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flows_alive), 0U);
}

} // namespace
} // namespace nfsieve::test
