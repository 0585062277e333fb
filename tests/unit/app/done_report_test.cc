// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/done_report.h"

#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"
#include "nfsieve/rules/suricata_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nfsieve {
namespace {

std::string report(const std::string& rules, std::uint64_t depth) {
    const Compiled compiled = compile(read_rules("{\"rules\": [" + rules + "]}", "r.json").specs);
    std::string text;
    for (const DonePorts& ports : done_report(*compiled.rules, depth))
        text += ports.ports + ": " + ports.when + "\n";
    return text;
}

constexpr const char* anywhere =
    R"({"id": "a", "action": "drop", "direction": "to_server", "to": {"ports": [25]}, "match": {"payload": {"contains": "x"}}})";
constexpr const char* bounded =
    R"({"id": "b", "action": "drop", "direction": "to_server", "to": {"ports": [25]}, "match": {"payload": {"starts_with": "xy"}}})";
constexpr const char* requests =
    R"({"id": "h", "action": "drop", "direction": "to_server", "to": {"ports": [25]}, "match": {"http.uri": {"contains": "x"}}})";

TEST(DoneReport, WithoutADepthARuleMayKeepConnectionsForEver) {
    EXPECT_THAT(report(anywhere, no_limit),
                testing::HasSubstr("25: never: rule a (r.json:1) may match anywhere"));
    EXPECT_THAT(report(bounded, no_limit), testing::HasSubstr("25: once the client has sent 2 bytes\n"));
    EXPECT_THAT(report(requests, no_limit), testing::HasSubstr("HTTP never: rule h"));
}

TEST(DoneReport, SignaturesOfPayloadLetTlsGoOnceBothEndsEncrypt) {
    const auto report_of = [](const std::string& text, std::uint64_t depth) {
        ReadSignatures read = read_signatures(text, "t.rules", default_suricata_options());
        const Compiled compiled = compile({}, std::move(read.signatures), {});
        return done_report(*compiled.rules, depth).front().when;
    };
    const std::string payload =
        "drop tcp any any -> any any (msg:\"p\"; flow:to_server; content:\"x\"; sid:1;)\n";
    const std::string tls = "drop tls any any -> any any (msg:\"s\"; tls.sni; content:\"x\"; sid:2;)\n";
    EXPECT_EQ(report_of(payload, no_limit), "TLS and SSH once both ends encrypt what they say; all else "
                                            "never: rule 1 (t.rules:1) may match anywhere "
                                            "in what the client sends");
    EXPECT_EQ(
        report_of(payload, 100),
        "TLS and SSH once both ends encrypt what they say; all else once the client has sent 100 bytes");
    EXPECT_EQ(report_of(payload + tls, 100), "TLS and SSH once both ends encrypt what they say; all else "
                                             "once it is known to be neither, and once the "
                                             "client has sent 100 bytes");
}

TEST(DoneReport, BehindTheDepthNoRuleKeepsThem) {
    EXPECT_THAT(report(anywhere, 100), testing::HasSubstr("25: once the client has sent 100 bytes\n"));
    EXPECT_THAT(report(bounded, 100), testing::HasSubstr("25: once the client has sent 2 bytes\n"));
    EXPECT_THAT(report(requests, 100),
                testing::HasSubstr("HTTP once both ends have sent 100 bytes (depth): rule h"));
}

} // namespace
} // namespace nfsieve
