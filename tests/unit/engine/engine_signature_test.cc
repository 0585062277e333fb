// SPDX-License-Identifier: GPL-2.0-or-later
// Rules in Suricata's language, from their text to the verdict.
#include "signature_fixture.h"

namespace nfsieve::test {
namespace {

TEST_F(EngineSignature, AUriIsFoundOnAnyPort) {
    begin(
        R"(drop http any any -> any any (msg:"m"; flow:established,to_server; http.uri; content:"q=evil"; sid:1;))");
    EXPECT_FALSE(client(get));
    EXPECT_EQ(events.names(), "1");
    EXPECT_TRUE(events.events[0].blocked);
    EXPECT_EQ(count(Counter::flows_http), 1U);
    EXPECT_FALSE(server(answer("x")));
}

TEST_F(EngineSignature, AnEncodedUriIsReadAsTheServerReadsIt) {
    begin(R"(drop http any any -> any any (http.uri; content:"/evil"; sid:1;))");
    EXPECT_FALSE(client("GET /%65vi%6C HTTP/1.1\r\nHost: a\r\n\r\n"));
}

TEST_F(EngineSignature, ABufferIsNotFoundElsewhere) {
    begin(R"(drop http any any -> any any (http.uri; content:"probe"; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server(answer("probe")));
    EXPECT_EQ(events.names(), "");
}

TEST_F(EngineSignature, TheSegmentThatCompletesTheHeadersIsDropped) {
    begin(
        R"(drop http any any -> any any (http.user_agent; content:"probe"; http.host; content:"example.org"; sid:1;))");
    EXPECT_EQ(client_bytes(get), get.size() - 1) << "the server gets no whole request";
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AllBuffersOfARuleAreOfOneRequest) {
    begin(
        R"(drop http any any -> any any (http.uri; content:"/one"; http.user_agent; content:"second"; sid:1;))");
    EXPECT_TRUE(client("GET /one HTTP/1.1\r\nHost: a\r\nUser-Agent: first\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_TRUE(client("GET /two HTTP/1.1\r\nHost: a\r\nUser-Agent: second\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_FALSE(client("GET /one HTTP/1.1\r\nHost: a\r\nUser-Agent: second\r\n\r\n"));
}

TEST_F(EngineSignature, PipelinedRequestsAreEachJudged) {
    begin(R"(drop http any any -> any any (http.uri; content:"/third"; sid:1;))");
    const std::string one = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n",
                      third = "GET /third HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_FALSE(client(one + one + third));
}

TEST_F(EngineSignature, ABodyIsStoppedAtTheByteThatCompletesIt) {
    begin(
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"one"; content:"two"; distance:0; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxx one "));
    EXPECT_TRUE(server("tw"));
    EXPECT_FALSE(server("o yy"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AChunkedBodyIsReadWithoutItsFraming) {
    begin(
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"evilpattern"; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n"));
    EXPECT_FALSE(server("7\r\npattern\r\n0\r\n\r\n"));
}

TEST_F(EngineSignature, ANegatedContentOfABodyWaitsForItsEnd) {
    begin(
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"one"; content:!"two"; sid:1;))");
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none"));
    EXPECT_TRUE(server("two"));
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none"));
    EXPECT_FALSE(server("xxx"));
}

TEST_F(EngineSignature, PayloadContentsAreFoundAcrossSegments) {
    begin(
        R"(drop tcp any any -> any any (flow:established,to_server; content:"alpha"; content:"omega"; distance:2; within:10; sid:1;))");
    EXPECT_TRUE(client("xxal"));
    EXPECT_TRUE(client("pha--"));
    EXPECT_TRUE(client("ome"));
    EXPECT_FALSE(client("ga"));
    EXPECT_EQ(events.events[0].stream_offset, 14U);
}

TEST_F(EngineSignature, DistancesHoldAcrossSegments) {
    begin(
        R"(drop tcp any any -> any any (flow:established,to_server; content:"alpha"; content:"omega"; distance:2; within:5; sid:1;))");
    EXPECT_TRUE(client("alpha-"));
    EXPECT_TRUE(client("omega"));
    EXPECT_TRUE(client("alpha---"));
    EXPECT_TRUE(client("omega"));
    EXPECT_TRUE(client("alpha--"));
    EXPECT_FALSE(client("omega"));
}

TEST_F(EngineSignature, OffsetsHoldForThePacketAndForTheStream) {
    const std::string rule =
        R"(drop tcp any any -> any any (flow:established,to_server; content:"abcd"; offset:2; depth:4; sid:1;))";
    begin(rule);
    EXPECT_TRUE(client("abcdabcd"));
    EXPECT_TRUE(client("xabcd"));
    EXPECT_FALSE(client("xxabcd")) << "a packet that begins so, far from the stream's start";
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    events.events.clear();
    open(talk);
    EXPECT_TRUE(client("xxa"));
    EXPECT_FALSE(client("bcd")) << "the stream begins so, in two packets";
}

TEST_F(EngineSignature, DsizeIsThePacketsPayload) {
    begin(R"(drop tcp any any -> any any (flow:established,to_server; dsize:5; content:"abcd"; sid:1;))");
    EXPECT_TRUE(client("abcd"));
    EXPECT_FALSE(client("abcde"));
}

TEST_F(EngineSignature, DirectionsAreHonoured) {
    begin(R"(drop tcp any any -> any any (flow:established,to_client; content:"evilpattern"; sid:1;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_FALSE(server("evilpattern"));
}

TEST_F(EngineSignature, PortsAreThoseOfTheSenderAndTheReceiver) {
    begin(R"(drop tcp any 1 -> any any (content:"evilpattern"; sid:1;)
drop tcp any any -> any 1 (content:"evilpattern"; sid:2;)
alert tcp any any -> any 80 (content:"evilpattern"; sid:3;)
alert tcp any 80 -> any any (content:"otherpattern"; sid:4;))");
    EXPECT_TRUE(client("evilpattern"));
    EXPECT_TRUE(server("otherpattern"));
    EXPECT_EQ(events.names(), "3 4");
}

TEST_F(EngineSignature, FlowbitsJoinRequestAndAnswer) {
    begin(
        R"(alert http any any -> any any (flow:established,to_server; http.uri; content:"index"; flowbits:set,asked; flowbits:noalert; sid:1;)
drop http any any -> any any (flow:established,to_client; flowbits:isset,asked; file.data; content:"secret"; sid:2;))");
    EXPECT_TRUE(client("GET /else HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(server(answer("secret")));
    EXPECT_TRUE(client(get));
    EXPECT_FALSE(server(answer("secret")));
    EXPECT_EQ(events.names(), "2");
}

TEST_F(EngineSignature, ABitIsSetBeforeItIsAskedForInOnePacket) {
    begin(R"(drop tcp any any -> any any (flow:to_server; flowbits:isset,first; content:"second"; sid:1;)
alert tcp any any -> any any (flow:to_server; content:"first."; flowbits:set,first; noalert; sid:2;))");
    EXPECT_FALSE(client("first. and second"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, AHttpRuleAboutPayloadConcernsHttpAlone) {
    begin(R"(drop http any any -> any any (flow:to_server; content:"evilpattern"; sid:1;))");
    EXPECT_TRUE(client("evilpattern in something else\r\n"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_FALSE(client("GET / HTTP/1.1\r\nHost: a\r\nX: evilpattern\r\n\r\n"));
}

TEST_F(EngineSignature, AnEventIsOfTheWholeTransaction) {
    begin(
        R"(alert http any any -> any any (flow:to_server; app-layer-event:http.too_many_encoding_layers; sid:1;)
alert http any any -> any any (flow:to_server; app-layer-event:http.too_many_encoding_layers; http.uri; content:"evil"; sid:2;)
alert http any any -> any any (flow:to_server; app-layer-event:http.too_many_encoding_layers; http.uri; content:"else"; sid:3;)
alert http any any -> any 80 (app-layer-event:http.too_many_encoding_layers; sid:4;)
alert http any 80 -> any any (app-layer-event:http.too_many_encoding_layers; sid:5;)
alert http any any -> any any (flow:to_client; app-layer-event:http.missing_host_header; sid:6;))");
    EXPECT_TRUE(client("GET /evil HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(events.names(), "6");
    EXPECT_TRUE(
        server("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip\r\nContent-Length: 1\r\n\r\nx"));
    EXPECT_EQ(events.names(), "6 1 2 4 5");
}

TEST_F(EngineSignature, WhatCannotBeParsedIsStillJudgedByItsPayload) {
    begin(R"(drop tcp any any -> any any (flow:to_server; content:"evilpattern"; sid:1;)
alert http any any -> any any (http.uri; content:"never"; sid:2;))");
    EXPECT_TRUE(client("GET / HTTP/1.1\r\n" + std::string(40000, 'a')));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_TRUE(client(std::string(40000, 'a')));
    EXPECT_TRUE(passes(talk.server_ack()));
    EXPECT_EQ(count(Counter::parser_errors), 1U);
    EXPECT_FALSE(client("evilpattern"));
    EXPECT_EQ(events.names(), "!parser_error 1");
}

TEST_F(EngineSignature, AMatchSplitOverAReloadIsStillAMatch) {
    const std::string rule =
        R"(drop http any any -> any any (flow:established,to_client; file.data; content:"one"; content:"two"; distance:0; sid:1;))";
    begin(rule);
    EXPECT_TRUE(client(get));
    EXPECT_TRUE(server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxx one "));
    rules.publish_signatures(rule + "\nalert tcp any any -> any any (content:\"another\"; sid:2;)");
    engine->tick(now);
    EXPECT_FALSE(server("two"));
    EXPECT_EQ(events.names(), "1");
}

TEST_F(EngineSignature, APickedUpConnectionIsParsedFromItsNextRequestOn) {
    start_signatures(R"(drop http any any -> any any (http.uri; content:"q=evil"; sid:1;))");
    Conversation running;
    EXPECT_TRUE(passes(running.client_data("the rest of something\r\n")));
    EXPECT_TRUE(passes(running.server_data("and its answer\r\n")));
    EXPECT_FALSE(passes(running.client_data(get)));
}

TEST_F(EngineSignature, StateOfSignaturesCountsAgainstTheCap) {
    begin(R"(alert http any any -> any any (http.uri; content:"never"; sid:1;))");
    EXPECT_TRUE(client(get));
    engine->tick(now);
    const std::uint64_t with = count(Counter::flow_memory);
    EXPECT_TRUE(client("x"));
    EXPECT_TRUE(passes(talk.client_fin()));
    EXPECT_TRUE(passes(talk.server_fin()));
    EXPECT_TRUE(passes(talk.client_ack()));
    now += std::chrono::minutes(2);
    engine->tick(now);
    EXPECT_EQ(count(Counter::flow_memory), 0U);
    EXPECT_GT(with, 0U);
}

TEST_F(EngineSignature, BetweenRequestsAConnectionIsChargedWhatItKeepsThen) {
    begin(R"(alert http any any -> any any (flow:to_client; file.data; content:"never"; sid:1;))");
    const auto memory = [this] {
        engine->tick(now);
        return count(Counter::flow_memory);
    };
    EXPECT_TRUE(client(get));
    const std::string whole = answer(std::string(60000, 'x'));
    EXPECT_TRUE(server(whole.substr(0, 50000)));
    EXPECT_GT(memory(), 50000U);
    EXPECT_TRUE(server(whole.substr(50000)));
    EXPECT_LT(memory(), 6000U);
}

/// Random bytes have the triggers of a dozen rules of a large set among them.
TEST_F(EngineSignature, AConnectionAtRestKeepsLittleForRulesThatMoreBytesMayComplete) {
    std::string text, triggers;
    for (int i = 0; i < 6; ++i) {
        const std::string trigger = "trigger" + std::to_string(i);
        text += "drop tcp any any -> any any (content:\"" + trigger +
                "\"; content:\"never\"; sid:" + std::to_string(i + 1) + ";)\n";
        triggers += trigger;
    }
    begin(text);
    engine->tick(now);
    const std::uint64_t without = count(Counter::flow_memory);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(client(std::string(1000, '\x80') + triggers));
        EXPECT_TRUE(server(std::string(1000, '\x80') + triggers));
    }
    engine->tick(now);
    EXPECT_LT(count(Counter::flow_memory) - without, 2048U + 200U); // what tells the protocol is beside it
    EXPECT_FALSE(client("never"));
}

TEST_F(EngineSignature, JsonRulesNameBuffersToo) {
    start(R"json({"rules": [
        {"id": "uri", "action": "drop", "direction": "to_server",
         "match": {"http.uri": {"contains": "EVIL", "nocase": true}, "not": {"http.header": {"name": "X-Ok", "equals": "1"}}}},
        {"id": "domain", "action": "reject", "match": {"http.host": {"domain": "example.com"}}},
        {"id": "body", "action": "drop", "match": {"http.response_body": {"regex": "se(?=cret)"}}}]})json");
    open(talk);
    EXPECT_TRUE(client("GET /evil HTTP/1.1\r\nHost: a\r\nX-Ok: 1\r\n\r\n"));
    EXPECT_TRUE(server(answer("x")));
    EXPECT_FALSE(client("GET /evil HTTP/1.1\r\nHost: a\r\nX-Ok: 0\r\n\r\n"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40001);
    open(talk);
    EXPECT_TRUE(client("GET / HTTP/1.1\r\nHost: notexample.com\r\n\r\n"));
    EXPECT_TRUE(server(answer("set")));
    EXPECT_FALSE(client("GET / HTTP/1.1\r\nHost: www.Example.com:80\r\n\r\n"));
    talk = Conversation("192.0.2.1", "198.51.100.1", 40002);
    open(talk);
    EXPECT_TRUE(client("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_FALSE(server(answer("the secret")));
    EXPECT_EQ(events.names(), "uri domain body");
}

} // namespace
} // namespace nfsieve::test
