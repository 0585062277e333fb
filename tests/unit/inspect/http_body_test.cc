// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_recorder.h"

#include <gtest/gtest.h>

#include <zlib.h>

#include <string>

namespace nfsieve {
namespace {

using http_test::log_of;
using http_test::Recorder;
using Outcome = AppParser::Outcome;

constexpr Side client = Side::client, server = Side::server;
constexpr int as_gzip = 31, as_zlib = 15, as_raw = -15;

std::string squeeze(const std::string& text, int bits) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// Text that does not shrink much.
std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) {
        state = state * 1664525 + 1013904223;
        c = static_cast<char>('A' + (state >> 24) % 50);
    }
    return text;
}

std::string answer(const std::string& encoding, const std::string& body) {
    return "HTTP/1.1 200 x\r\nContent-Encoding: " + encoding +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Recorder received(const std::string& response, std::size_t cut, const AppParserLimits& limits = {}) {
    Recorder it(limits);
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    it.response(response, cut);
    EXPECT_FALSE(it.missed);
    return it;
}

const std::string text = "one attack, " + noise(3000) + ", and its end";

TEST(HttpBody, IsDecodedInAnyPieces) {
    std::string flagged = squeeze(text, as_gzip);
    flagged[3] = static_cast<char>(0xe0); // reserved flags, which receivers overlook
    for (const std::size_t cut : {0U, 1U, 5U}) {
        EXPECT_EQ(received(answer("gzip", squeeze(text, as_gzip)), cut).body(server), text);
        EXPECT_EQ(received(answer("x-gzip", flagged), cut).body(server), text);
        EXPECT_EQ(received(answer("deflate", squeeze(text, as_raw)), cut).body(server), text);
        EXPECT_EQ(received(answer("deflate", squeeze(text, as_zlib)), cut).body(server), text);
        EXPECT_EQ(received(answer("deflate", squeeze(text, as_gzip)), cut).body(server), text);
        EXPECT_EQ(
            received(answer("gzip, deflate", squeeze(squeeze(text, as_gzip), as_raw)), cut).body(server),
            text);
    }
}

TEST(HttpBody, IsBrotliDecoded) {
    // One uncompressed metablock of 17 bytes and an empty last one (RFC 7932 section 9.2).
    const std::string said = "brotli says hello";
    const std::string coded = std::string("\x00\x01\x10", 3) + said + "\x03";
    for (const std::size_t cut : {0U, 1U})
        EXPECT_EQ(received(answer("br", coded), cut).body(server), said);
}

TEST(HttpBody, OfARequestIsDecodedToo) {
    Recorder it;
    const std::string body = squeeze(text, as_gzip);
    it.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(it.body(client), text);
}

TEST(HttpBody, IsLookedAtAsItIsWhereItIsNotEncoded) {
    for (const char* encoding : {"gzip", "deflate", "br", "gzip, gzip"})
        for (const std::size_t cut : {0U, 1U, 5U}) {
            const Recorder it = received(answer(encoding, text), cut);
            EXPECT_EQ(it.body(server), text) << encoding << " cut " << cut;
            EXPECT_TRUE(it.heard("http.gzip_decompression_failed"));
        }
}

TEST(HttpBody, GoesOnBehindAGzipMember) {
    const std::string both = squeeze("first ", as_gzip) + squeeze("second ", as_gzip) + "and junk";
    for (const std::size_t cut : {0U, 1U})
        EXPECT_EQ(received(answer("gzip", both), cut).body(server), "first second and junk");
}

TEST(HttpBody, OfThousandsOfGzipMembersIsReadInASmallStack) {
    std::string all;
    for (int i = 0; i < 20000; ++i)
        all += squeeze("x", as_gzip);
    EXPECT_EQ(received(answer("gzip", all), 0).body(server).size(), 20000U);
}

TEST(HttpBody, ThatIsABombFails) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(it.response(answer("gzip", squeeze(std::string(30000000, 'a'), as_gzip))), Outcome::failed);
    EXPECT_TRUE(it.heard("http.compression_bomb"));
    EXPECT_LT(it.body(server).size(), 4000000U);
}

TEST(HttpBody, InMoreLayersThanAllowedFails) {
    Recorder it({.layers = 1});
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(it.response(answer("gzip, gzip", "x")), Outcome::failed);
    EXPECT_TRUE(it.heard("http.too_many_encoding_layers"));
}

TEST(HttpBody, InMoreThanTwoLayersIsReportedAndRead) {
    const std::string body = squeeze(squeeze(squeeze("inside", as_gzip), as_gzip), as_gzip);
    const Recorder it = received(answer("gzip, gzip, gzip", body), 0);
    EXPECT_EQ(it.body(server), "inside");
    EXPECT_TRUE(it.heard("http.too_many_encoding_layers"));
    EXPECT_TRUE(received(answer("identity, identity, gzip", squeeze("x", as_gzip)), 0)
                    .heard("http.too_many_encoding_layers"));
    EXPECT_FALSE(received(answer("gzip, gzip", squeeze(squeeze("x", as_gzip), as_gzip)), 0)
                     .heard("http.too_many_encoding_layers"));
}

TEST(HttpBody, ThatCannotBeReadFails) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(it.response(answer("zstd", "x")), Outcome::failed);
    EXPECT_TRUE(it.heard("http.abnormal_ce_header"));
}

TEST(HttpBody, SlidesThroughItsWindowWithHistoryInFront) {
    const std::string body = noise(50000);
    for (const std::size_t cut : {0U, 1U, 777U}) {
        const Recorder it = received(answer("identity", body), cut, {.body_window = 1024});
        EXPECT_EQ(it.body(server), body);
        EXPECT_GE(it.least_history, 512U);
        EXPECT_LT(it.parser->memory(), 65536U);
    }
}

TEST(HttpBody, IsReportedOnceAFeedWhereItFits) {
    Recorder it;
    it.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string chunks;
    for (int i = 0; i < 1000; ++i)
        chunks += "1\r\nx\r\n";
    it.response("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    EXPECT_EQ(it.body(server), std::string(1000, 'x'));
    EXPECT_EQ(it.growths, 1U);
}

std::string upload(const std::string& file) {
    const std::string body =
        "--b0und\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nfield\r\n"
        "--b0und\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n" +
        file + "\r\n--b0und\r\nContent-Disposition: form-data; name=\"z\"\r\n\r\nlast\r\n--b0und--\r\n";
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; "
           "boundary=\"b0und\"\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(HttpBody, OfAFormGivesItsFiles) {
    const std::string file = "content --b0und and\r\n--b0u and\r\nmore";
    for (const std::size_t cut : {0U, 1U, 9U}) {
        Recorder it;
        it.request(upload(file), cut);
        EXPECT_EQ(it.get(client, Buffer::file_data), file);
        EXPECT_NE(it.get(client, Buffer::http_request_body).find("last"), std::string::npos);
    }
}

TEST(HttpBody, IsTheSameHoweverItIsCut) {
    const AppParserLimits limits = {.body_window = 512};
    const std::vector<http_test::Message> both = {{client, upload(noise(3000))},
                                                  {server, answer("gzip", squeeze(text, as_gzip))}};
    const auto whole = log_of(both, 0, limits);
    for (const std::size_t cut : {1U, 13U, 500U})
        EXPECT_EQ(log_of(both, cut, limits), whole) << cut;
}

} // namespace
} // namespace nfsieve
