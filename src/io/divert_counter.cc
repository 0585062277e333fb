// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/divert_counter.h"

#include "divert_message.h"
#include "netfilter_socket.h"

#include <cerrno>

namespace nfsieve {
namespace {

constexpr const char* counter_name = "diverted";
constexpr int most_strangers = 16;

Error failure(const std::string& what, int error) {
    return netfilter_refusal("the divert counter cannot be read: " + what, error);
}

class NetlinkCounters : public DivertCounters {
public:
    explicit NetlinkCounters(MnlSocket socket) : socket_(std::move(socket)) {}

    Result<std::vector<DivertTable>> read() override {
        std::vector<DivertTable> found;
        for (const char* name : own_tables) {
            ++sequence_;
            const DivertAnswer table = ask(table_request(name, sequence_));
            if (table.kind == DivertAnswer::Kind::missing)
                continue;
            if (table.kind != DivertAnswer::Kind::value)
                return failure("table inet " + std::string(name), table.error);
            ++sequence_;
            const DivertAnswer counter = ask(counter_request(name, counter_name, sequence_));
            if (counter.kind == DivertAnswer::Kind::refused || counter.kind == DivertAnswer::Kind::other)
                return failure("counter in table inet " + std::string(name), counter.error);
            const auto diverts = has_rules(name);
            if (!diverts)
                return diverts.error();
            found.push_back({name, table.value, counter.kind == DivertAnswer::Kind::value, counter.value,
                             number(name, "offloaded"), number(name, "blocked"), *diverts});
        }
        return found;
    }

private:
    /// 0 where an older file has no such counter.
    std::uint64_t number(const char* table, const char* counter) {
        ++sequence_;
        return ask(counter_request(table, counter, sequence_)).value;
    }

    /// Whether the chains that packets take to the queue are as they were loaded, and not flushed.
    Result<bool> has_rules(const char* table) {
        for (const char* chain : {"divert", "to_queue"}) {
            ++sequence_;
            DivertAnswer answer = ask(rules_request(table, chain, sequence_));
            const bool any = answer.kind == DivertAnswer::Kind::value;
            while (answer.kind == DivertAnswer::Kind::value)
                answer = next_answer();
            if (answer.kind != DivertAnswer::Kind::missing)
                return failure("rules in table inet " + std::string(table), answer.error);
            if (!any)
                return false;
        }
        return true;
    }

    DivertAnswer ask(const std::vector<std::uint8_t>& request) {
        if (::mnl_socket_sendto(socket_.get(), request.data(), request.size()) < 0)
            return {DivertAnswer::Kind::refused, 0, errno};
        return next_answer();
    }

    DivertAnswer next_answer() {
        for (int i = 0; i < most_strangers; ++i) {
            const ssize_t received = ::mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
            const int error = errno;
            if (received < 0 && error != EINTR)
                return {DivertAnswer::Kind::refused, 0, error};
            if (received <= 0)
                continue;
            // An answer that came too late for the request before this one is passed over.
            const auto answer =
                parse_divert_answer(Bytes(buffer_).first(static_cast<std::size_t>(received)), sequence_);
            if (answer.kind != DivertAnswer::Kind::other)
                return answer;
        }
        return {DivertAnswer::Kind::refused, 0, EBADMSG};
    }

    MnlSocket socket_;
    std::uint32_t sequence_ = 0;
    std::array<std::uint8_t, 8192> buffer_{};
};

} // namespace

Result<std::unique_ptr<DivertCounters>> open_divert_counters() {
    auto socket = open_netfilter_socket();
    if (!socket)
        return Error{"the divert counter cannot be read: " + socket.error().message};
    return std::unique_ptr<DivertCounters>(std::make_unique<NetlinkCounters>(*std::move(socket)));
}

} // namespace nfsieve
