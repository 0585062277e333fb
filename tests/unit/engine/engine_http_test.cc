// SPDX-License-Identifier: GPL-2.0-or-later
// HTTP whose messages end in a doubtful place, and what tunnels carry.
#include "signature_fixture.h"

namespace nfsieve::test {
namespace {

TEST_F(EngineSignature, AMessageWhoseEndIsAmbiguousDoesNotPass) {
    const std::string rule = R"(drop http any any -> any any (http.uri; content:"never"; sid:1;))";
    begin(rule);
    const std::string hidden = "GET /never HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string request =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(client_bytes(request), request.size() - 1);
    EXPECT_FALSE(client(hidden));
    EXPECT_EQ(events.names(), "!ambiguous_request");
    EXPECT_TRUE(events.events[0].blocked);
    EXPECT_TRUE(resets.requests.empty());

    EngineConfig config;
    config.on[static_cast<std::size_t>(Cause::ambiguous_request)] = Policy::accept;
    talk = Conversation();
    begin(rule, config);
    EXPECT_TRUE(client(request + hidden));
    EXPECT_EQ(count(Counter::cause_ambiguous_request), 2U);

    config.on[static_cast<std::size_t>(Cause::ambiguous_request)] = Policy::reject;
    talk = Conversation();
    begin(rule, config);
    EXPECT_FALSE(client(request));
    EXPECT_EQ(resets.requests.size(), 2U);
}

TEST_F(EngineSignature, AnAnswerWhoseEndIsAmbiguousIsJudgedAsMostClientsReadItOrRefused) {
    const std::string rule =
        R"(drop http any any -> any any (flow:to_client; file.data; content:"evil"; sid:1;))";
    const std::string odd =
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nev\r\n2\r\nil\r\n0\r\n\r\n";
    begin(rule);
    EXPECT_TRUE(client(get));
    const std::size_t head = odd.find("2\r\n");
    EXPECT_TRUE(server(odd.substr(0, head)));
    EXPECT_FALSE(server(odd.substr(head)));
    EXPECT_EQ(events.names(), "!ambiguous_response 1");
    events.events.clear();

    EngineConfig config;
    config.on[static_cast<std::size_t>(Cause::ambiguous_response)] = Policy::drop;
    talk = Conversation();
    begin(rule, config);
    EXPECT_TRUE(client(get));
    EXPECT_FALSE(server(odd.substr(0, head)));
    EXPECT_EQ(events.names(), "!ambiguous_response");
}

TEST_F(EngineSignature, WhatFollowsAnAmbiguousEndDoesNotCount) {
    begin(R"(pass http any any -> any any (flow:to_server; http.uri; content:"/friend"; sid:1;))");
    EXPECT_FALSE(client(
        "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\nGET /friend HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(events.names(), "!ambiguous_request");
}

const std::string connect_first = "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n";
const std::string connected = "HTTP/1.1 200 go\r\n\r\n";

TEST_F(EngineSignature, InATunnelTheProtocolIsToldAnew) {
    const std::string rule =
        R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))";
    begin(rule);
    EXPECT_EQ(client_bytes(connect_first), connect_first.size());
    EXPECT_TRUE(server(connected));
    EXPECT_TRUE(client("GET /harmless HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_EQ(client_bytes(get), get.find('\n'));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, WhatIsSentAheadIntoATunnelIsJudgedOnceItIsOne) {
    begin(R"(drop http any any -> any any (flow:to_client; file.data; content:"secret"; sid:1;))");
    EXPECT_TRUE(client(connect_first + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(server(connected + "HTTP/1.1 200 x\r\nContent-Length: 90\r\n\r\nse"));
    EXPECT_FALSE(server("cret"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AnUploadSentAheadIsBlockedWithTheAnswerThatOpensTheTunnel) {
    begin(R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))");
    EXPECT_TRUE(client(connect_first + get)) << "a body, a request, or a tunnel's: nobody knows so far";
    EXPECT_FALSE(server(connected));
}

TEST_F(EngineSignature, TunnelsInTunnelsAreFollowedSoFar) {
    begin(R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))");
    for (int i = 0; i < 8; ++i) {
        EXPECT_TRUE(client(connect_first));
        EXPECT_TRUE(server(connected));
    }
    EXPECT_EQ(count(Counter::parser_errors), 0U);
    EXPECT_TRUE(client(connect_first));
    EXPECT_TRUE(server(connected));
    EXPECT_EQ(count(Counter::parser_errors), 1U);
}

TEST_F(EngineSignature, AnUpgradeIsNoTunnel) {
    begin(R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;))");
    EXPECT_TRUE(client("GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"));
    EXPECT_TRUE(server("HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n"));
    EXPECT_TRUE(client(get));
}

TEST_F(EngineSignature, RequestsAreJudgedWhereTheAnswersGoBeyondTheDepth) {
    EngineConfig config;
    config.depth = 4000;
    begin(R"(drop http any any -> any any (flow:to_server; http.uri; content:"q=evil"; sid:1;)
             drop http any any -> any any (flow:to_client; file.data; content:"a"; content:!"z"; sid:2;))",
          config);
    EXPECT_TRUE(client("GET /a HTTP/1.1\r\n\r\n"));
    EXPECT_TRUE(server(answer(std::string(9000, 'a')))) << "there may be a z behind the depth";
    for (int i = 0; i < 80; ++i)
        EXPECT_TRUE(client("GET /a HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(count(Counter::parser_errors), 0U);
    EXPECT_FALSE(client(get));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, WhatIsFoundBeforeTheDepthHoldsWhereTheOtherEndTellsTheProtocol) {
    EngineConfig config;
    config.depth = 16;
    begin(R"(drop http any any -> any any (flow:to_client; http.stat_code; content:"404"; sid:1;))", config);
    EXPECT_TRUE(client("GET /long/enough HTTP/1.1\r\n\r\n"));
    EXPECT_FALSE(server("HTTP/1.1 404 x\r\n\r\n"));
}

TEST_F(EngineSignature, PayloadIsLookedAtWhereATransactionAsksForItAndNotBefore) {
    begin(
        R"(alert http any any -> any any (content:"begin"; pcre:"/(a+)+x/"; http.uri; content:"/asks/for/it"; sid:1;))");
    const auto given_up = [this] {
        engine->tick(now);
        return count(Counter::check_limits);
    };
    const std::string slow = "/begin/" + std::string(40, 'a') + "!x", rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_TRUE(client("GET " + slow));
    EXPECT_TRUE(client(rest));
    EXPECT_EQ(given_up(), 0U) << "its URI is another one";
    EXPECT_TRUE(client("GET /asks/for/it" + slow));
    EXPECT_EQ(given_up(), 0U);
    EXPECT_TRUE(client(rest));
    const std::uint64_t asked = given_up();
    EXPECT_GT(asked, 0U);
    for (int i = 0; i < 70; ++i)
        EXPECT_TRUE(client("GET / HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(count(Counter::parser_errors), 1U) << "too many that nobody answers";
    for (int i = 0; i < 20; ++i)
        EXPECT_TRUE(client("GET /asks/for/it" + slow + rest));
    EXPECT_EQ(given_up(), asked) << "no transaction is there any more";
}

TEST_F(EngineSignature, WhatMayBecomeARequestIsHeldAgainstRulesAboutPayloadWithIt) {
    const std::string rule =
        R"(drop http any any -> any any (flow:to_server; content:"begin"; pcre:"/x[0-9]+y/"; http.uri; content:"/asks"; sid:1;))";
    const std::string head = "GET /asks HTTP/1.1\r\n";
    for (const std::size_t between :
         {std::size_t{0}, std::size_t{500}, std::size_t{3000}, std::size_t{20000}})
        for (const std::size_t cut :
             {std::size_t{1}, std::size_t{100}, std::size_t{1460}, std::size_t{60000}}) {
            talk = Conversation();
            begin(rule);
            events.events.clear();
            const std::string request =
                head + "A: begin x123y" + std::string(between, '.') + "\r\nHost: a\r\n\r\n";
            bool passed = true;
            for (std::size_t at = 0; at < request.size() && passed; at += cut)
                passed = client(request.substr(at, cut));
            EXPECT_FALSE(passed) << between << " bytes behind it, in pieces of " << cut;
            EXPECT_EQ(events.names(), "1");
        }
}

TEST_F(EngineSignature, AnExpensiveRuleIsHeldAgainstPayloadWhereTheRequestIsComplete) {
    begin(
        R"(drop http any any -> any any (flow:to_server; content:"begin"; pcre:"/(a+)+x/"; http.method; content:"POST"; http.uri; content:"/asks"; sid:1;))");
    const std::string head =
        "POST /asks HTTP/1.1\r\nA: begin" + std::string(16, 'a') + "!x\r\nContent-Length: 304\r\n\r\n";
    EXPECT_EQ(client_bytes(head), head.size());
    EXPECT_EQ(client_bytes(std::string(300, '.')), 300U) << "looks that cost a lot, and find nothing";
    EXPECT_EQ(client_bytes("aax."), 3U) << "with the last byte all that came is looked at";
}

TEST_F(EngineSignature, FarIntoAConnectionTwoRequestsMayAskForTheSamePayload) {
    begin(
        R"(drop http any any -> any any (flow:to_server; content:"begin x1y"; http.uri; content:"/asks"; http.request_body; content:"second"; sid:1;))");
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(client("GET /other HTTP/1.1\r\nB: " + std::string(100, '.') + "\r\n\r\n") &&
                    server(answer("")));
    const std::string head = "POST /asks HTTP/1.1\r\nContent-Length: 6\r\n";
    EXPECT_TRUE(client(head + "A: begin x1y\r\n\r\nfir"));
    EXPECT_TRUE(client("st."));
    EXPECT_TRUE(server(answer("")));
    EXPECT_FALSE(client(head + "\r\nsecond")) << "it stands in the window";
}

} // namespace
} // namespace nfsieve::test
