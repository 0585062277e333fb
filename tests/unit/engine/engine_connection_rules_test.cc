// SPDX-License-Identifier: GPL-2.0-or-later
// Rules without a match part: judged once a connection, also where a SYN turns out to be a stray on an older
// one and its ends may change places.
#include "engine_fixture.h"

namespace nfsieve::test {
namespace {

class EngineConnectionRules : public EngineTest {
protected:
    /// A connection rule, and a rule that reads what the client of port 80 sends.
    static std::string with_rule(const std::string& rule) {
        return R"({"rules": [)" + rule + R"(, {"id": "evil", "action": "drop", "direction": "to_server",
                   "to": {"ports": 80}, "match": {"payload": {"contains": "EVILPATTERN"}}}]})";
    }
    /// A SYN of the client; the server has an older connection with it and answers accordingly.
    void challenge() {
        Conversation stray = talk;
        EXPECT_TRUE(passes(stray.syn()));
        EXPECT_TRUE(passes(talk.server_ack()));
    }
    /// The same with a SYN in the name of the server, which the client answers.
    void challenge_turned() {
        Conversation stray("198.51.100.1", "192.0.2.1", 80, 40000);
        EXPECT_TRUE(passes(stray.syn()));
        EXPECT_TRUE(passes(talk.client_ack()));
    }
    static constexpr const char* see = R"({"id": "see", "action": "alert"})";
    Conversation talk;
};

TEST_F(EngineConnectionRules, AnAlertIsReportedOnceWhereTheConnectionIsOlderThanItsSyn) {
    start(with_rule(see));
    challenge();
    EXPECT_TRUE(passes(talk.client_data("go on")));
    EXPECT_EQ(events.names(), "see !midstream");
    EXPECT_EQ(count(Counter::matches), 1U);
}

TEST_F(EngineConnectionRules, AnAlertIsReportedOnceWhereClientAndServerChangePlaces) {
    start(with_rule(see));
    challenge_turned();
    EXPECT_TRUE(passes(talk.client_data("go on")));
    EXPECT_EQ(events.names(), "see !midstream");
}

TEST_F(EngineConnectionRules, AnAlertAboutTheRealClientIsReportedOnceItIsKnown) {
    start(with_rule(R"({"id": "web", "action": "alert", "to": {"ports": 80}})"));
    challenge_turned();
    EXPECT_EQ(events.names(), "!midstream web");
}

TEST_F(EngineConnectionRules, AnAlertIsReportedOnceOverAReload) {
    start(with_rule(see));
    Conversation stray = talk;
    EXPECT_TRUE(passes(stray.syn()));
    rules.publish(
        with_rule(std::string(R"({"id": "other", "action": "alert", "to": {"ports": 81}}, )") + see));
    engine->tick(now);
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_EQ(events.names(), "see !midstream");
}

TEST_F(EngineConnectionRules, ADropAboutTheRealClientBlocksOnceItIsKnown) {
    start(with_rule(R"({"id": "no", "action": "drop", "to": {"ports": 80}})"));
    Conversation stray("198.51.100.1", "192.0.2.1", 80, 40000);
    EXPECT_TRUE(passes(stray.syn()));
    EXPECT_FALSE(passes(talk.client_ack()));
    EXPECT_FALSE(passes(talk.client_data("x")));
    EXPECT_EQ(events.names(), "!midstream no");
}

TEST_F(EngineConnectionRules, AnAcceptAboutAClientThatIsNoneAcceptsNothing) {
    start(with_rule(R"({"id": "trusted", "action": "accept", "from": {"addresses": "198.51.100.1"}})"));
    Conversation stray("198.51.100.1", "192.0.2.1", 80, 40000);
    EXPECT_NE(decide(build(stray.syn())).fate, Fate::done);
    EXPECT_NE(decide(build(stray.client_ack())).fate, Fate::done) << "nobody has answered the SYN";
    EXPECT_TRUE(passes(talk.client_ack()));
    EXPECT_FALSE(passes(talk.client_data("EVILPATTERN")));
    EXPECT_EQ(events.names(), "trusted !midstream evil");
}

TEST_F(EngineConnectionRules, AnAcceptAboutTheRealClientStays) {
    start(with_rule(R"({"id": "trusted", "action": "accept", "from": {"addresses": "192.0.2.1"}})"));
    challenge();
    EXPECT_TRUE(passes(talk.client_data("EVILPATTERN")));
    EXPECT_EQ(events.names(), "trusted");
}

TEST_F(EngineConnectionRules, AnAcceptAboutBothEndsIsReportedOnce) {
    start(with_rule(R"({"id": "all", "action": "accept"})"));
    challenge_turned();
    EXPECT_TRUE(passes(talk.client_data("EVILPATTERN")));
    EXPECT_EQ(events.names(), "all !midstream");
}

TEST_F(EngineConnectionRules, AnAlertBehindAnAcceptThatDoesNotHoldIsReported) {
    start(with_rule(R"({"id": "trusted", "action": "accept", "from": {"addresses": "198.51.100.1"}}, )" +
                    std::string(see)));
    challenge_turned();
    EXPECT_EQ(events.names(), "trusted !midstream see");
}

TEST_F(EngineConnectionRules, ADropThatAReloadBroughtIsReported) {
    start(with_rule(see));
    Conversation stray = talk;
    EXPECT_TRUE(passes(stray.syn()));
    rules.publish(with_rule(R"({"id": "no", "action": "drop"})"));
    engine->tick(now);
    EXPECT_FALSE(passes(talk.server_ack()));
    EXPECT_EQ(events.names(), "see !midstream no");
}

TEST_F(EngineConnectionRules, ANewConnectionOnTheSamePortsIsReportedAgain) {
    start(with_rule(see));
    open(talk);
    Conversation next = talk;
    next.client_next += 100'000;
    next.server_next += 100'000;
    open(next);
    EXPECT_EQ(events.names(), "see see");
}

} // namespace
} // namespace nfsieve::test
