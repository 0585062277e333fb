// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/commands.h"
#include "nfsieve/app/config.h"
#include "nfsieve/app/control_protocol.h"
#include "nfsieve/app/control_socket.h"
#include "nfsieve/app/status.h"

#include <ostream>

namespace nfsieve {

namespace {

/// Where the daemon of this configuration answers; an error in words where it does nowhere.
Result<std::filesystem::path> socket_of(const StatusOptions& options) {
    if (!options.socket.empty())
        return options.socket;
    if (options.config.empty())
        return std::filesystem::path(default_control_socket);
    const ReadConfig read = read_config(options.config);
    if (!read.errors.empty())
        return Error{read.errors.front().to_string()};
    if (!read.config.sealed.control_socket)
        return Error{options.config.string() + " names no control socket: set \"control\": {\"socket\": \"" +
                     default_control_socket + "\"} and restart the daemon"};
    return *read.config.sealed.control_socket;
}

Result<std::string> ask(const StatusOptions& options) {
    const auto socket = socket_of(options);
    if (!socket)
        return socket.error();
    auto answer = ask_status(*socket);
    if (!answer)
        return answer;
    return options.json ? Result<std::string>(*answer + "\n") : status_text(*answer);
}

} // namespace

int status_command(const StatusOptions& options, const Streams& streams) {
    const auto text = ask(options);
    if (!text) {
        streams.err << "nfsieve: " << text.error().message << "\n";
        return 1;
    }
    streams.out << *text;
    return 0;
}

} // namespace nfsieve
