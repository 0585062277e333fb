// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/done_report.h"

#include "nfsieve/rules/compile.h"
#include "nfsieve/rules/json_reader.h"

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

TEST(DoneReport, BehindTheDepthNoRuleKeepsThem) {
    EXPECT_THAT(report(anywhere, 100), testing::HasSubstr("25: once the client has sent 100 bytes\n"));
    EXPECT_THAT(report(bounded, 100), testing::HasSubstr("25: once the client has sent 2 bytes\n"));
    EXPECT_THAT(report(requests, 100),
                testing::HasSubstr("HTTP once both ends have sent 100 bytes (depth): rule h"));
}

} // namespace
} // namespace nfsieve
