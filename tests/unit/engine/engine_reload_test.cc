// SPDX-License-Identifier: GPL-2.0-or-later
// Rules change while connections live.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

class EngineReload : public EngineTest {
protected:
    static constexpr const char* evil_and_more =
        R"({"rules": [{"id": "new", "action": "drop", "match": {"payload": {"contains": "NEWPATTERN"}}},
                      {"id": "evil", "action": "drop", "match": {"payload": {"contains": "EVILPATTERN"}}}]})";
    void reload(const char* file) {
        rules.publish(file);
        engine->tick(now);
    }
    Conversation talk;
};

TEST_F(EngineReload, MatchSplitOverAReloadIsStillAMatch) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    reload(evil_and_more);
    EXPECT_FALSE(passes(talk.client_data("TERN")));
    EXPECT_EQ(events.names(), "evil");
}

TEST_F(EngineReload, NewRulesJudgeLivingConnections) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("NEWPATTERN")));
    reload(evil_and_more);
    EXPECT_FALSE(passes(talk.client_data("NEWPATTERN")));
}

TEST_F(EngineReload, ARuleThatWasTakenOutNoLongerBlocks) {
    start(evil_and_more);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("NEWPAT")));
    reload(evil);
    EXPECT_TRUE(passes(talk.client_data("TERN")));
    EXPECT_TRUE(events.events.empty());
}

TEST_F(EngineReload, AnchoredRulesSeeAConnectionThatHasSentNothingYetWhole) {
    start(evil);
    open(talk);
    reload(R"({"rules": [{"id": "get", "action": "drop", "match": {"payload": {"starts_with": "GET"}}}]})");
    EXPECT_FALSE(passes(talk.client_data("GET /")));
}

TEST_F(EngineReload, TheOldRulesEndWithTheirGrace) {
    start(evil);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    reload(evil_and_more);
    EXPECT_TRUE(passes(talk.server_data("x")));
    now += std::chrono::seconds(61);
    engine->tick(now);
    EXPECT_TRUE(passes(talk.client_data("TERN")));
}

TEST_F(EngineReload, WhatTheOldRulesKeepOfConnectionsCountsWhileTheyLast) {
    start(evil);
    open(talk);
    const auto memory = [&] {
        engine->tick(now);
        return count(Counter::flow_memory);
    };
    const std::uint64_t before = memory();
    reload(evil_and_more);
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_GT(memory(), before);
    now += std::chrono::seconds(61);
    EXPECT_EQ(memory(), before);
    reload(evil);
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_TRUE(passes(talk.client_reset()));
    now += std::chrono::minutes(2);
    EXPECT_EQ(memory(), 0U);
}

TEST_F(EngineReload, ManyReloadsKeepAtMostTwoGenerations) {
    start(evil);
    open(talk);
    for (int i = 0; i < 10; ++i) {
        reload(i % 2 == 0 ? evil_and_more : evil);
        EXPECT_TRUE(passes(talk.client_data("EVILPAT")));
    }
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
}

TEST_F(EngineReload, AnAlertIsNotRepeatedAfterAReload) {
    constexpr const char* see =
        R"({"rules": [{"id": "see", "action": "alert", "match": {"payload": {"contains": "xyz"}}}]})";
    start(see);
    open(talk);
    EXPECT_TRUE(passes(talk.client_data("xyz")));
    reload(see);
    EXPECT_TRUE(passes(talk.client_data("xyz")));
    EXPECT_EQ(events.names(), "see");
}

/// Two generations judge what a flow says that began under the old one.
class EngineReloadOfSignatures : public EngineReload {
protected:
    /// A connection whose client has said `said`, and another generation of the same rules, with one more.
    void begin_and_reload(const std::string& text, const std::string& said) {
        start_signatures(text);
        open(talk);
        EXPECT_TRUE(passes(talk.client_data(said)));
        rules.publish_signatures(text + another);
        engine->tick(now);
    }
    static constexpr const char* another =
        "alert tcp any any -> any any (msg:\"o\"; content:\"other\"; sid:9;)\n";
};

TEST_F(EngineReloadOfSignatures, WhatARuleCountsByAddressCountsOnce) {
    const std::string counting =
        "alert tcp any any -> any any (msg:\"c\"; content:\"x\"; threshold:type threshold, "
        "track by_src, count 4, seconds 600; sid:1;)\n";
    begin_and_reload(counting, "a");
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(passes(talk.client_data("x")));
    EXPECT_EQ(events.names(), "");
    EXPECT_TRUE(passes(talk.client_data("x")));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineReloadOfSignatures, WhatARuleCountsInAFlowCountsOnce) {
    const std::string counting =
        "alert tcp any any -> any any (msg:\"c\"; content:\"x\"; flowint:seen,+,1; noalert; sid:1;)\n"
        "alert tcp any any -> any any (msg:\"r\"; content:\"ask\"; flowint:seen,==,2; sid:2;)\n";
    begin_and_reload(counting, "x");
    EXPECT_TRUE(passes(talk.client_data("x")));
    EXPECT_TRUE(passes(talk.client_data("ask")));
    EXPECT_EQ(events.names(), "2");
}

TEST_F(EngineReloadOfSignatures, WhatOnlyTheOldGenerationCanSeeStillCounts) {
    const std::string counting =
        "alert tcp any any -> any any (msg:\"c\"; content:\"halves\"; threshold:type "
        "threshold, track by_src, count 2, seconds 600; sid:1;)\n";
    begin_and_reload(counting, "hal");
    EXPECT_TRUE(passes(talk.client_data("ves")));
    EXPECT_EQ(events.names(), "");
    EXPECT_TRUE(passes(talk.client_data(" halves")));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineReloadOfSignatures, WhatWasReportedIsNotReportedAgainWhenTheGraceIsOver) {
    const std::string once = "alert tcp any any -> any any (msg:\"c\"; content:\"x\"; sid:1;)\n";
    begin_and_reload(once, "a");
    EXPECT_TRUE(passes(talk.client_data("x")));
    EXPECT_TRUE(passes(talk.client_data("x")));
    now += std::chrono::seconds(61);
    engine->tick(now);
    EXPECT_TRUE(passes(talk.client_data("x")));
    EXPECT_EQ(events.names(), "1");
}

} // namespace
} // namespace nfsieve::test
