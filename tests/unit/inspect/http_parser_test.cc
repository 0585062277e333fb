// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_recorder.h"

#include "nfsieve/rules/app_event.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using http_test::log_of;
using http_test::Message;
using http_test::Recorder;
using Outcome = AppParser::Outcome;

constexpr Side client = Side::client, server = Side::server;

const std::string plain_request = "POST /a%2fb/../c%41?x=%42&y=1+2#f HTTP/1.1\r\n"
                                  "Host: WWW.Example.COM:8080\r\n"
                                  "User-Agent: probe/1.0\r\n"
                                  "X-Test: one\r\n"
                                  "X-Test: two\r\n"
                                  "Cookie: a=b\r\n"
                                  "Referer: http://r/\r\n"
                                  "Content-Type: text/plain\r\n"
                                  "Content-Length: 5\r\n\r\nhello";
const std::string plain_response = "HTTP/1.1 200 Very OK\r\n"
                                   "Server: made up\r\n"
                                   "Set-Cookie: c=d\r\n"
                                   "Location: /there\r\n"
                                   "Content-Length: 3\r\n\r\nyes";

Recorder exchange() {
    Recorder it;
    EXPECT_EQ(it.request(plain_request), Outcome::going);
    EXPECT_EQ(it.response(plain_response), Outcome::going);
    return it;
}

TEST(HttpParser, GivesTheBuffersOfARequest) {
    const Recorder it = exchange();
    EXPECT_EQ(it.get(client, Buffer::http_request_line), "POST /a%2fb/../c%41?x=%42&y=1+2#f HTTP/1.1");
    EXPECT_EQ(it.get(client, Buffer::http_method), "POST");
    EXPECT_EQ(it.get(client, Buffer::http_uri), "/a/cA?x=B&y=1+2#f");
    EXPECT_EQ(it.get(client, Buffer::http_raw_uri), "/a%2fb/../c%41?x=%42&y=1+2#f");
    EXPECT_EQ(it.get(client, Buffer::http_protocol), "HTTP/1.1");
    EXPECT_EQ(it.get(client, Buffer::http_host), "www.example.com");
    EXPECT_EQ(it.get(client, Buffer::http_raw_host), "WWW.Example.COM:8080");
    EXPECT_EQ(it.get(client, Buffer::http_user_agent), "probe/1.0");
    EXPECT_EQ(it.get(client, Buffer::http_referer), "http://r/");
    EXPECT_EQ(it.get(client, Buffer::http_cookie), "a=b");
    EXPECT_EQ(it.get(client, Buffer::http_content_type), "text/plain");
    EXPECT_EQ(it.get(client, Buffer::http_content_length), "5");
    EXPECT_EQ(it.get(client, Buffer::http_request_body), "hello");
    EXPECT_EQ(it.get(client, Buffer::file_data), "hello");
    EXPECT_EQ(it.get(client, Buffer::http_stat_code), "(none)");
}

TEST(HttpParser, WritesHeadersInTheFormsThatRulesKnow) {
    const Recorder it = exchange();
    const std::string header = it.get(client, Buffer::http_header);
    EXPECT_TRUE(
        header.starts_with("Host: WWW.Example.COM:8080\r\nUser-Agent: probe/1.0\r\nX-Test: one, two\r\n"));
    EXPECT_TRUE(header.ends_with("Content-Length: 5\r\n"));
    EXPECT_EQ(header.find("Cookie"), std::string::npos);
    EXPECT_EQ(
        it.get(client, Buffer::http_header_names),
        "\r\nHost\r\nUser-Agent\r\nX-Test\r\nCookie\r\nReferer\r\nContent-Type\r\nContent-Length\r\n\r\n");
    EXPECT_TRUE(it.get(client, Buffer::http_raw_header).ends_with("Content-Length: 5\r\n\r\n"));
    EXPECT_TRUE(it.get(client, Buffer::http_start)
                    .starts_with("POST /a%2fb/../c%41?x=%42&y=1+2#f HTTP/1.1\r\nHost: "));
    EXPECT_EQ(it.get(client, Buffer::http_request_header, 0, 1), "User-Agent: probe/1.0");
    EXPECT_EQ(it.get(client, Buffer::http_named_header), "one, two");
}

TEST(HttpParser, GivesTheBuffersOfAResponse) {
    const Recorder it = exchange();
    EXPECT_EQ(it.get(server, Buffer::http_response_line), "HTTP/1.1 200 Very OK");
    EXPECT_EQ(it.get(server, Buffer::http_protocol), "HTTP/1.1");
    EXPECT_EQ(it.get(server, Buffer::http_stat_code), "200");
    EXPECT_EQ(it.get(server, Buffer::http_stat_msg), "Very OK");
    EXPECT_EQ(it.get(server, Buffer::http_server), "made up");
    EXPECT_EQ(it.get(server, Buffer::http_location), "/there");
    EXPECT_EQ(it.get(server, Buffer::http_cookie), "c=d");
    EXPECT_EQ(it.get(server, Buffer::http_header).find("Set-Cookie"), std::string::npos);
    EXPECT_EQ(it.get(server, Buffer::http_response_header, 0, 0), "Server: made up");
    EXPECT_EQ(it.get(server, Buffer::http_response_body), "yes");
    EXPECT_EQ(it.get(server, Buffer::http_method), "(none)");
}

TEST(HttpParser, TellsStagesInTheOrderOfTheBytes) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nHost: h\r\n");
    EXPECT_EQ(it.log.front(), "0 C stage 1");
    EXPECT_EQ(it.get(client, Buffer::http_uri), "/");
    EXPECT_EQ(it.get(client, Buffer::http_host), "(none)");
    it.request("\r\n");
    EXPECT_EQ(it.get(client, Buffer::http_host), "h");
    EXPECT_EQ(it.ended, 0U);
    it.response("HTTP/1.1 204 No\r\n\r\n");
    EXPECT_EQ(it.ended, 1U);
    ASSERT_EQ(it.consumed_at_line.size(), 2U);
    EXPECT_EQ(it.consumed_at_line[0], 16U);
    EXPECT_EQ(it.consumed_at_line[1], 17U);
}

TEST(HttpParser, KeepsPipelinedRequestsApart) {
    Recorder it;
    it.request("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n");
    EXPECT_EQ(it.get(client, Buffer::http_uri, 1), "/2");
    it.response("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 y\r\nContent-Length: 1\r\n\r\n2");
    EXPECT_EQ(it.body(server, 0), "1");
    EXPECT_EQ(it.body(server, 1), "2");
    EXPECT_EQ(it.ended, 2U);
}

TEST(HttpParser, FailsBeyondItsTransactions) {
    Recorder it({.transactions = 3});
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(it.request(get + get + get), Outcome::going);
    EXPECT_EQ(it.request(get), Outcome::failed);
}

TEST(HttpParser, ServesALongConnectionWithBoundedMemory) {
    Recorder it;
    std::size_t most = 0;
    for (int i = 0; i < 3000; ++i) {
        ASSERT_EQ(it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Outcome::going);
        ASSERT_EQ(it.response("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n1"), Outcome::going);
        most = std::max(most, it.parser->memory());
    }
    EXPECT_EQ(it.ended, 3000U);
    EXPECT_LT(most, 65536U);
}

TEST(HttpParser, FollowsRequestsWhoseAnswersNobodyHears) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    it.response("HTTP/1.1 200 x\r\nContent-Length: 900000\r\n\r\nthe beginning");
    it.parser->mute(server, it);
    EXPECT_EQ(it.ended, 1U);
    EXPECT_EQ(it.body(server), "the beginning");
    std::size_t memory = 0;
    for (std::size_t i = 0; i < 2000; ++i) {
        ASSERT_EQ(it.request("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody", i % 7),
                  Outcome::going);
        EXPECT_EQ(it.ended, i + 2);
        memory = std::max(memory, it.parser->memory());
    }
    EXPECT_LT(memory, 40000U);
    EXPECT_EQ(it.get(client, Buffer::http_uri, 2000), "/x");
    EXPECT_EQ(it.get(server, Buffer::http_stat_code, 2000), "(none)") << "nobody knows it";
}

TEST(HttpParser, FollowsAnswersToRequestsThatNobodyHears) {
    Recorder it;
    it.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\nthe beginning");
    it.parser->mute(client, it);
    std::size_t memory = 0;
    for (std::size_t i = 0; i < 2000; ++i) {
        ASSERT_EQ(it.response("HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\nbody", i % 7), Outcome::going);
        EXPECT_EQ(it.ended, i + 1);
        memory = std::max(memory, it.parser->memory());
    }
    EXPECT_LT(memory, 40000U);
    EXPECT_EQ(it.body(server, 1999), "body");
}

TEST(HttpParser, FailsWhereATunnelMayBeginUnheard) {
    Recorder it;
    it.parser->mute(server, it);
    EXPECT_EQ(it.request("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n"), Outcome::failed);
}

TEST(HttpParser, TakesUpAResponseWhoseRequestWasNotSeen) {
    Recorder it;
    it.response("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n1");
    EXPECT_EQ(it.body(server), "1");
    EXPECT_EQ(it.ended, 1U);
    EXPECT_EQ(it.get(client, Buffer::http_uri), "(none)");
    it.request("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    it.response("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n2");
    EXPECT_EQ(it.get(client, Buffer::http_uri, 1), "/next");
    EXPECT_EQ(it.body(server, 1), "2");
}

TEST(HttpParser, ForgetsAnInterimResponse) {
    Recorder it;
    it.request("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    it.response("HTTP/1.1 100 Continue\r\nServer: old\r\n\r\n");
    it.request("ab");
    it.response("HTTP/1.1 200 x\r\nServer: new\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(it.get(server, Buffer::http_stat_code), "200");
    EXPECT_EQ(it.get(server, Buffer::http_header), "Server: new\r\nContent-Length: 0\r\n");
    EXPECT_EQ(it.ended, 1U);
}

TEST(HttpParser, AnswersWithoutABodyDoNotHideTheNextWhateverTheySayOfOne) {
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", head = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string last = "HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\nlast";
    for (const std::string announced : {"Content-Length: 50\r\n", "Transfer-Encoding: chunked\r\n",
                                        "cONTENT-lENGTH :\r\n 50\r\nServer: s\r\n"}) {
        for (const std::string status : {"204 No", "304 Not"}) {
            Recorder it;
            it.request(get + get);
            EXPECT_EQ(it.response("HTTP/1.1 " + status + "\r\n" + announced + "\r\n" + last), Outcome::going);
            EXPECT_EQ(it.body(server, 0), "(none)") << status;
            EXPECT_EQ(it.body(server, 1), "last") << status << announced;
            EXPECT_EQ(it.ended, 2U);
            EXPECT_EQ(it.get(client, Buffer::http_method), "GET");
            EXPECT_EQ(it.get(server, Buffer::http_raw_header), announced + "\r\n");
        }
        Recorder asked_for_headers;
        asked_for_headers.request(head + get);
        asked_for_headers.response("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 x\r\n" + announced + "\r\n" + last);
        EXPECT_EQ(asked_for_headers.body(server, 0), "(none)") << announced;
        EXPECT_EQ(asked_for_headers.body(server, 1), "last") << announced;
    }
}

TEST(HttpParser, InterimResponsesHaveNoBodyAndAnswerNothing) {
    for (const std::string announced : {"", "Content-Length: 50\r\n", "Transfer-Encoding: chunked\r\n",
                                        "A: b\r\n c\r\nContent-Length: 50\r\n"}) {
        std::string interim;
        for (const char* status : {"100 x", "103 x", "102 x", "199 x", "100 x"})
            interim += std::string("HTTP/1.1 ") + status + "\r\n" + announced + "\r\n";
        Recorder it;
        it.request("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(it.response(interim + "HTTP/1.1 200 x\r\nServer: new\r\nContent-Length: 1\r\n\r\n1" +
                              interim + "HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n2"),
                  Outcome::going);
        EXPECT_EQ(it.body(server, 0), "1") << announced;
        EXPECT_EQ(it.body(server, 1), "2") << announced;
        EXPECT_EQ(it.get(server, Buffer::http_header), "Server: new\r\nContent-Length: 1\r\n");
        EXPECT_TRUE(it.heard("http.100_continue_already_seen"));
        EXPECT_EQ(it.ended, 2U);
    }
}

TEST(HttpParser, GoesOnBehindAConnectThatIsRefusedWithoutABody) {
    Recorder it;
    it.request("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(it.response("HTTP/1.1 304 no\r\nContent-Length: 50\r\n\r\n"), Outcome::going);
    EXPECT_EQ(it.get(client, Buffer::http_uri, 1), "/after");
    EXPECT_EQ(it.response("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n1"), Outcome::going);
    EXPECT_EQ(it.body(server, 1), "1");
}

TEST(HttpParser, IsOverBehindAnUpgradeWithALength) {
    Recorder it;
    it.request("GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    EXPECT_EQ(it.response("HTTP/1.1 101 Switching\r\nContent-Length: 50\r\n\r\n\x81\x01x"), Outcome::over);
    EXPECT_EQ(it.get(server, Buffer::http_header), "Content-Length: 50\r\n");
    EXPECT_EQ(it.ended, 1U);
}

TEST(HttpParser, HandsOnWhatIsInATunnel) {
    for (const std::size_t cut : {0U, 1U}) {
        Recorder it;
        EXPECT_EQ(it.request("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n\x16\x03\x01", cut),
                  Outcome::going);
        const std::string answer = "HTTP/1.1 200 go\r\n\r\n";
        EXPECT_EQ(it.response(answer + "rest", cut), Outcome::tunnel);
        EXPECT_EQ(it.get(server, Buffer::http_stat_code), "200");
        EXPECT_EQ(it.ended, 1U);
        const auto own = it.parser->take_rest(server), others = it.parser->take_rest(client);
        EXPECT_EQ(as_text(Bytes(own)), cut == 0 ? "rest" : "") << "the parser is fed no more";
        EXPECT_EQ(as_text(Bytes(others)), "\x16\x03\x01");
    }
}

TEST(HttpParser, GoesOnBehindARefusedConnect) {
    Recorder it;
    EXPECT_EQ(
        it.request("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\n\r\n"),
        Outcome::going);
    EXPECT_EQ(it.response("HTTP/1.1 403 no\r\nContent-Length: 2\r\n\r\nno"), Outcome::going);
    EXPECT_EQ(it.get(client, Buffer::http_uri, 1), "/after");
    EXPECT_EQ(it.response("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n1"), Outcome::going);
    EXPECT_EQ(it.body(server, 1), "1");
}

TEST(HttpParser, IsOverBehindAnUpgrade) {
    Recorder it;
    it.request("GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    EXPECT_EQ(
        it.response("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x01x"),
        Outcome::over);
    EXPECT_EQ(it.get(server, Buffer::http_stat_code), "101");
    EXPECT_EQ(it.ended, 1U);
}

TEST(HttpParser, ReadsHeadersBehindALineWithoutAProtocol) {
    Recorder it;
    it.request("GET /x\r\nUser-Agent: y\r\n\r\n");
    it.response("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n1");
    EXPECT_EQ(it.get(client, Buffer::http_user_agent), "y");
    EXPECT_EQ(it.get(server, Buffer::http_stat_code), "200");
}

TEST(HttpParser, TakesABareAnswerForTheBodyOfAnOldRequest) {
    Recorder it;
    it.request("GET /x\r\n");
    EXPECT_EQ(it.get(client, Buffer::http_uri), "/x");
    it.response("<html>");
    EXPECT_EQ(it.body(server), "<html>");
    EXPECT_EQ(it.parser->finish(server, it), Outcome::going);
    EXPECT_EQ(it.ended, 1U);
}

TEST(HttpParser, EndsABodyThatEndsWithTheConnection) {
    Recorder it;
    it.request("GET / HTTP/1.0\r\n\r\n");
    it.response("HTTP/1.0 200 x\r\n\r\nabc");
    EXPECT_EQ(it.ended, 0U);
    EXPECT_EQ(it.parser->finish(server, it), Outcome::going);
    EXPECT_EQ(it.get(server, Buffer::file_data), "abc");
    EXPECT_EQ(it.ended, 1U);
}

TEST(HttpParser, JoinsContentBehindTheAnnouncedLengthToTheBody) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    it.response("HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\nEICA");
    it.response("R-STANDARD\n..");
    EXPECT_EQ(it.parser->finish(server, it), Outcome::going);
    EXPECT_EQ(it.get(server, Buffer::file_data, 1), "EICAR-STANDARD\n..");
}

TEST(HttpParser, KeepsLittleBetweenTransactionsAndStillLooksBack) {
    for (const std::size_t size : {std::size_t{1000}, std::size_t{50000}, std::size_t{300001}}) {
        Recorder it;
        it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        const std::string body = std::string(size - 4, '.') + "begi";
        it.response("HTTP/1.1 200 x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body, 1460);
        EXPECT_LT(it.parser->memory(), 16384U) << size;
        it.response("n and more");
        EXPECT_EQ(it.parser->finish(server, it), Outcome::going);
        const std::string seen = it.get(server, Buffer::file_data, 1);
        EXPECT_GE(seen.size(), std::min<std::size_t>(size, 1024));
        EXPECT_TRUE(seen.ends_with("begin and more")) << seen;
    }
}

TEST(HttpParser, ReportsOddities) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nno colon\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx");
    EXPECT_TRUE(it.heard("http.request_field_missing_colon"));
    EXPECT_TRUE(it.heard("http.missing_host_header"));
    EXPECT_TRUE(it.heard("http.duplicate_content_length_field_in_request"));
    for (const std::string& name : it.events)
        EXPECT_TRUE(is_app_event(name)) << name;
    EXPECT_FALSE(is_app_event("http.nonsense"));
}

TEST(HttpParser, KnowsWaysToAuthorize) {
    const auto unrecognized = [](const std::string& way) {
        Recorder it;
        it.request("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: " + way + "\r\n\r\n");
        return it.heard("http.request_auth_unrecognized");
    };
    EXPECT_FALSE(unrecognized("Basic dXNlcjpwYXNz"));
    EXPECT_FALSE(unrecognized("Digest username=\"u\""));
    EXPECT_FALSE(unrecognized("Bearer mF_9.B5f-4.1JqM"));
    EXPECT_FALSE(unrecognized("bEARER"));
    EXPECT_TRUE(unrecognized("Negotiate YII="));
    EXPECT_TRUE(unrecognized("Bear"));
}

TEST(HttpParser, ReportsWhatIsEncodedTwice) {
    const auto twice = [](const std::string& uri) {
        Recorder it;
        it.request("GET " + uri + " HTTP/1.1\r\nHost: a\r\n\r\n");
        return it.heard("http.double_encoded_uri");
    };
    EXPECT_TRUE(twice("/a%2527b"));
    EXPECT_TRUE(twice("/?a=%252e"));
    EXPECT_TRUE(twice("/?a=%25%32e"));
    for (const char* once : {"/", "/a%27b", "/?a=%27", "/100%25", "/?q=100%25&r=%2B"})
        EXPECT_FALSE(twice(once)) << once;
    EXPECT_TRUE(is_app_event("http.double_encoded_uri"));
}

TEST(HttpParser, SaysWhereReceiversFindTheEndOfARequestInDifferentPlaces) {
    const auto ambiguous = [](const std::string& headers, const std::string& protocol = "HTTP/1.1") {
        Recorder it;
        it.request("POST / " + protocol + "\r\nHost: a\r\n" + headers + "\r\n");
        return it.ambiguous != 0;
    };
    const std::string chunked = "Transfer-Encoding: chunked\r\n", five = "Content-Length: 5\r\n";
    for (const std::string& headers :
         {std::string(), five, chunked, five + five, std::string("Content-Length: 5, 5\r\n"),
          std::string("content-length:5\nX-Transfer-Encoding: gzip\r\n"), std::string("TE: trailers\r\n")})
        EXPECT_FALSE(ambiguous(headers)) << headers;
    for (const std::string& headers : {five + "Content-Length: 0\r\n",
                                       five + chunked,
                                       chunked + five,
                                       chunked + chunked,
                                       std::string("Content-Length: 5, 0\r\n"),
                                       five + "Content-Length: 5, 0\r\n",
                                       std::string("Content-Length: +5\r\n"),
                                       std::string("Content-Length: 5 0\r\n"),
                                       std::string("Content-Length:\r\n"),
                                       std::string("Content-Length: 99999999999999999999\r\n"),
                                       std::string("Content-Length : 5\r\n"),
                                       std::string("Content-Length:\r\n 5\r\n"),
                                       std::string(" Content-Length: 5\r\n"),
                                       std::string("X: y\rContent-Length: 5\r\n"),
                                       std::string("Content-Length: 5\r\r\n"),
                                       std::string("Content\0-Length: 5\r\n", 20),
                                       std::string("Transfer-Encoding: xchunked\r\n"),
                                       std::string("Transfer-Encoding: gzip, chunked\r\n"),
                                       std::string("Transfer-Encoding: identity\r\n"),
                                       std::string("Transfer-Encoding:\x0b"
                                                   "chunked\r\n")})
        EXPECT_TRUE(ambiguous(headers)) << headers;
    EXPECT_TRUE(ambiguous(chunked, "HTTP/1.0"));
    EXPECT_FALSE(ambiguous(five, "HTTP/1.0"));
}

TEST(HttpParser, SaysWhereReceiversFindTheEndOfAnAnswerInDifferentPlaces) {
    const auto ambiguous = [](const std::string& headers, const std::string& line = "HTTP/1.1 200",
                              const std::string& method = "GET") {
        Recorder it;
        it.request(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        it.response(line + " x\r\nServer: s\r\n" + headers + "\r\n");
        return it.ambiguous != 0;
    };
    const std::string chunked = "Transfer-Encoding: chunked\r\n", five = "Content-Length: 5\r\n",
                      none = "Content-Length: 0\r\n", differ = five + none;
    for (const std::string& headers : {std::string(), five, chunked, five + five, five + chunked,
                                       chunked + chunked, std::string("Transfer-Encoding: identity\r\n")})
        EXPECT_FALSE(ambiguous(headers)) << headers;
    for (const std::string& headers : {differ, std::string("Content-Length: 5, 0\r\n"),
                                       std::string("Transfer-Encoding: gzip, chunked\r\n"),
                                       std::string("Transfer-Encoding: identity, chunked\r\n")})
        EXPECT_TRUE(ambiguous(headers)) << headers;
    EXPECT_TRUE(ambiguous(chunked, "HTTP/1.0 200"));
    EXPECT_FALSE(ambiguous(five, "HTTP/1.0 200"));
    EXPECT_TRUE(ambiguous(five, "HTTP/1.1 205"));
    EXPECT_TRUE(ambiguous(chunked, "HTTP/1.1 205"));
    EXPECT_FALSE(ambiguous(none, "HTTP/1.1 205"));
    for (const char* line : {"HTTP/1.1 204", "HTTP/1.1 304", "HTTP/1.1 103"})
        EXPECT_FALSE(ambiguous(differ, line)) << line;
    EXPECT_FALSE(ambiguous(differ, "HTTP/1.1 200", "HEAD"));
}

TEST(HttpParser, FailsOnHeadersWithoutEnd) {
    Recorder line({.header_size = 2000}), lines({.header_size = 2000}), answer({.header_size = 2000});
    EXPECT_EQ(line.request("GET /" + std::string(3000, 'a'), 100), Outcome::failed);
    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 200; ++i)
        many += "H" + std::to_string(i) + ": value\r\n";
    EXPECT_EQ(lines.request(many), Outcome::failed);
    answer.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(answer.response("HTTP/1.1 200 x\r\nA: " + std::string(3000, 'a')), Outcome::failed);
    EXPECT_TRUE(line.heard("http.request_field_too_long"));
    EXPECT_TRUE(answer.heard("http.response_field_too_long"));
    EXPECT_LT(answer.parser->memory(), 100000U);
}

TEST(HttpParser, FailsOnARequestChunkWithoutLength) {
    Recorder it;
    EXPECT_EQ(it.request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
              Outcome::failed);
    EXPECT_TRUE(it.heard("http.invalid_request_chunk_len"));
}

TEST(HttpParser, ReadsWhatIsNotChunkedAfterAll) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    it.response("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n<html> without a line's end");
    EXPECT_EQ(it.body(server), "<html> without a line's end");
    EXPECT_TRUE(it.heard("http.invalid_response_chunk_len"));
}

const std::vector<std::vector<Message>> conversations = {
    {{client, "POST / HTTP/1.1\r\nContent-Length: 5\r\nX:y\rContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n"},
     {server, "HTTP/1.1 205 x\r\nContent-Length:\r\n 5\r\n\r\nHTTP/1.1 200 x\r\n\r\n"}},
    {{client, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"},
     {server, "HTTP/1.1 103 x\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 x\r\nContent-Length: 9\r\nA: b\r\n\r\n"
              "HTTP/1.1 200 x\r\nContent-Length: 4\r\n\r\nlast"}},
    {{client, plain_request}, {server, plain_response}},
    {{client, "\r\nGET /1 HTTP/1.1\r\nA: b\r\n  folded\r\nHost: x\r\n\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"},
     {server,
      "HTTP/1.1 200 x\r\nA: b\r\n\tfolded\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n\r\n 5 \r\n"
      "defgh\r\n0\r\nTrailer: t\r\n\r\nHTTP/1.0 404 no\r\n\r\nrest"}},
    {{client, "POST /u HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
              "chunked\r\n\r\n4\r\nabcd\r\n1\r\ne\r\n0\r\nX: y\r\n\r\n"},
     {server, "HTTP/1.1 200 x\nA: 1\n\rB: 2\n\r\nbody"}},
    {{client, "GET / HTTP/1.1\r\n\r\n"}, {server, "junk\r\nHTTP/1.1 200 x\r\rA: b\r\r\n\r\nbody\r\n"}},
    {{client, "GET / HTTP/1.1\r\n\r\n"}, {server, "HTTP/1.1 200 x\r\nA: b\n \nbody\r\n"}},
    {{client, "GET / HTTP/1.1\r\n\r\n"}, {server, "no status line\r\nbut a body\r\n"}},
    {{client, "GET /old\r\n"}, {server, "HTTP is what the body begins with"}},
    {{client, "GET /old\r\nA: b\r\n\r\n"},
     {server, "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\nzz\r\nx"}},
    {{client, "CONNECT a:1 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"},
     {server, "HTTP/1.1 407 x\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 x\r\n\r\n2"}},
    {{client, std::string("GET /\0a HTTP/1.1\r\nB\0: c\r\n\0d\r\n\r\n", 30)},
     {server, std::string("HTTP/1.1 200 x\r\nE:\n\0f\r\n\r\n\0", 27)}},
};

TEST(HttpParser, HearsTheSameHoweverTheBytesAreCut) {
    for (std::size_t i = 0; i < conversations.size(); ++i) {
        const auto whole = log_of(conversations[i], 0);
        for (const std::size_t cut : {1U, 2U, 3U, 7U, 16U})
            EXPECT_EQ(log_of(conversations[i], cut), whole)
                << "conversation " << i << " in pieces of " << cut;
    }
}

} // namespace
} // namespace nfsieve
