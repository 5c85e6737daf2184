-- For wrk: replays the prepared requests of a file, if one is named after "--", or waits so many milliseconds before
-- each request, if "pause=N" stands there; tells what happened as JSON.

local function prepared(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("*a")
  file:close()
  local requests, start = {}, 1
  while true do
    local _, last = text:find("\r\n\r\n", start, true)
    if not last then return requests end
    requests[#requests + 1] = text:sub(start, last)
    start = last + 1
  end
end

function init(args)
  if not args[1] then return end
  local pause = tonumber(args[1]:match("^pause=(%d+)$"))
  if pause then
    delay = function() return pause end
    return
  end
  local requests, turn = prepared(args[1]), 0
  local count = #requests
  request = function()
    turn = turn % count + 1
    return requests[turn]
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "bytes": %d, "errors": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50.0), latency:percentile(99.0)))
end
