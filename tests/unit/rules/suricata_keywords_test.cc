// SPDX-License-Identifier: GPL-2.0-or-later
// docs/suricata.md says of each keyword what the reader does with it.
#include "nfsieve/rules/suricata_keywords.h"

#include "suricata_fixture.h"

#include <fstream>

namespace nfsieve {
namespace {

using Status = KeywordInfo::Status;

std::vector<std::string> documentation() {
    std::ifstream file(std::string(NFSIEVE_SOURCE_ROOT) + "/docs/suricata.md");
    std::vector<std::string> lines;
    bool keywords = false;
    for (std::string line; std::getline(file, line);) {
        keywords = keywords || line == "## Keywords";
        if (keywords && line.starts_with("| `"))
            lines.push_back(line);
    }
    return lines;
}

std::string row(const KeywordInfo& keyword) {
    std::string note;
    for (const char c : keyword.note)
        note += c == '|' ? std::string("\\|") : std::string(1, c);
    return "| `" + std::string(keyword.name) + "` | " + std::string(name(keyword.status)) + " | " + note +
           " |";
}

TEST(SuricataKeywords, TheDocumentationHasTheSameTable) {
    std::vector<std::string> rows;
    for (const KeywordInfo& keyword : suricata_keywords())
        rows.push_back(row(keyword));
    EXPECT_EQ(documentation(), rows);
}

TEST(SuricataKeywords, WhatIsNotHonouredSaysWhy) {
    for (const KeywordInfo& keyword : suricata_keywords())
        EXPECT_TRUE(keyword.status == Status::honoured || !keyword.note.empty()) << keyword.name;
}

TEST(SuricataKeywords, TheReaderDoesWhatTheTableSays) {
    for (const KeywordInfo& keyword : suricata_keywords()) {
        const std::string word(keyword.name);
        const ReadSignatures read = test::read(test::rule(word + ":x;"));
        const std::string said = read.errors.empty() ? "" : read.errors.front().message;
        EXPECT_FALSE(said.starts_with("the keyword \"" + word + "\" is not known")) << said;
        EXPECT_EQ(said.find("is not supported") != std::string::npos, keyword.status == Status::refused)
            << word;
        EXPECT_EQ(read.signatures.size() == 1 || keyword.status == Status::honoured,
                  keyword.status == Status::accepted || keyword.status == Status::honoured)
            << word << ": " << said;
        const OutOfScope aside{{std::string(keyword.note), 1}};
        EXPECT_EQ(read.out_of_scope == aside, keyword.status == Status::out_of_scope) << word;
    }
}

} // namespace
} // namespace nfsieve
