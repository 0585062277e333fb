// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_recorder.h"

#include "nfsieve/rules/app_event_tls.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace nfsieve::test {
namespace {

std::string_view side_name(Side side) {
    return side == Side::client ? "client" : "server";
}

std::string buffer_key(Side sender, Buffer buffer, std::size_t instance) {
    return std::string(side_name(sender)) + " " + std::string(info(buffer).name) + " " +
           std::to_string(instance) + " = ";
}

} // namespace

AppParser::Outcome Recorder::feed(Side sender, std::string_view bytes) {
    // A copy of its own, so that a sanitizer sees who reads beyond it or keeps it.
    const std::vector<char> copy(bytes.begin(), bytes.end());
    feeding_ = sender;
    const auto outcome = parser_->feed(sender, as_bytes({copy.data(), copy.size()}), *this);
    fed_[static_cast<std::size_t>(sender)] += bytes.size();
    return outcome;
}

AppParser::Outcome Recorder::finish(Side sender) {
    feeding_ = sender;
    return parser_->finish(sender, *this);
}

std::string Recorder::last(Side sender, Buffer buffer, std::size_t instance) const {
    const std::string key = buffer_key(sender, buffer, instance);
    for (const std::string& each : buffers_)
        if (each.starts_with(key))
            return each.substr(key.size());
    return "(none)";
}

bool Recorder::heard(std::string_view call) const {
    return std::any_of(calls_.begin(), calls_.end(),
                       [&](const std::string& each) { return each.find(call) != std::string::npos; });
}

void Recorder::note(std::string call) {
    const std::uint64_t at = fed_[static_cast<std::size_t>(feeding_)] + parser_->consumed();
    calls_.push_back(std::string(side_name(feeding_)) + "@" + std::to_string(at) + " " + call);
}

void Recorder::on_stage(Transaction& transaction, Side sender, Stage reached) {
    static constexpr std::string_view names[] = {"nothing", "line", "headers", "body", "complete"};
    note(std::string(side_name(sender)) + " " + std::string(names[static_cast<std::size_t>(reached)]));
    EXPECT_GE(transaction.stage(sender), reached);
    EXPECT_EQ(transaction.id(), 0U);
    buffers_.clear();
    for (const Side side : {Side::client, Side::server})
        for (std::size_t i = 0; i < buffer_count; ++i) {
            const auto buffer = static_cast<Buffer>(i);
            for (std::size_t instance = 0;; ++instance) {
                const auto found = transaction.buffer(side, {buffer, {}, {}}, instance);
                if (!found)
                    break;
                EXPECT_TRUE(found->complete);
                buffers_.push_back(buffer_key(side, buffer, instance) + std::string(as_text(found->bytes)));
            }
        }
    std::string all;
    for (const std::string& each : buffers_)
        all += " [" + each + "]";
    calls_.back() += all;
}

void Recorder::on_body(Transaction&, Side, std::size_t) {
    ADD_FAILURE() << "a handshake has no body that grows";
}

void Recorder::on_event(Transaction* transaction, Side sender, std::string_view name) {
    EXPECT_NE(transaction, nullptr);
    const auto known = tls_event_names();
    EXPECT_NE(std::find(known.begin(), known.end(), name), known.end()) << name;
    note(std::string(side_name(sender)) + " event " + std::string(name));
}

void Recorder::on_end(Transaction&) {
    note("end");
}

} // namespace nfsieve::test
