// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/io/divert_counter.h"

#include "divert_message.h"
#include "mnl_handles.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/time.h>

namespace nfsieve {
namespace {

constexpr std::array<const char*, 2> tables{"nfsieve", "nfsieve_host"};
constexpr const char* counter_name = "diverted";
/// The kernel answers within the request's own system call: this is for bugs alone.
constexpr timeval answer_timeout = {1, 0};
constexpr int most_strangers = 16;

Error failure(const std::string& what, int error) {
    return Error{"the divert counter cannot be read: " + what + ": " + std::strerror(error) +
                 (error == EPERM ? "; this needs CAP_NET_ADMIN" : "")};
}

class NetlinkCounters : public DivertCounters {
public:
    explicit NetlinkCounters(MnlSocket socket) : socket_(std::move(socket)) {}

    Result<std::vector<DivertTable>> read() override {
        std::vector<DivertTable> found;
        for (const char* name : tables) {
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
            found.push_back({name, table.value, counter.kind == DivertAnswer::Kind::value, counter.value,
                             number(name, "offloaded"), number(name, "blocked")});
        }
        return found;
    }

private:
    /// 0 where an older file has no such counter.
    std::uint64_t number(const char* table, const char* counter) {
        ++sequence_;
        return ask(counter_request(table, counter, sequence_)).value;
    }

    DivertAnswer ask(const std::vector<std::uint8_t>& request) {
        if (::mnl_socket_sendto(socket_.get(), request.data(), request.size()) < 0)
            return {DivertAnswer::Kind::refused, 0, errno};
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
    MnlSocket socket(::mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
    if (!socket || ::mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0)
        return failure("netfilter socket", errno);
    if (::setsockopt(::mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &answer_timeout,
                     sizeof answer_timeout) != 0)
        return failure("receive timeout", errno);
    return std::unique_ptr<DivertCounters>(std::make_unique<NetlinkCounters>(std::move(socket)));
}

} // namespace nfsieve
