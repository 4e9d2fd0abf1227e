import socket, time, os, signal, subprocess, threading, json, psycopg
from contextlib import closing
from tests.offices.conftest import Offices
def raw(port, text, wait=10):
    with closing(socket.create_connection(("127.0.0.1", port), timeout=wait)) as s:
        s.sendall(text.encode()); out=b""
        try:
            while chunk:=s.recv(65536):
                out+=chunk
                if len(out)>3000: break
        except OSError: pass
    return out.split(b"\r\n")[0].decode(errors="replace"), (b"b.example" in out)
def test_x(offices: Offices, capsys):
    a,b = offices["a"], offices["b"]; o=[]
    A,B="a.example.gov.cn","b.example.gov.cn"
    P="GET {p} HTTP/1.1\r\n{h}Connection: close\r\n\r\n"
    for n,p,h in (("own","/accounts/sign-in/",f"Host: {A}\r\n"),("upper","/accounts/sign-in/",f"Host: {A.upper()}\r\n"),("dot","/accounts/sign-in/",f"Host: {A}.\r\n"),("port","/accounts/sign-in/",f"Host: {A}:99\r\n"),
      ("badport","/accounts/sign-in/",f"Host: {A}:x@{B}\r\n"),("two","/accounts/sign-in/",f"Host: {A}\r\nHost: {B}\r\n"),("two2","/accounts/sign-in/",f"Host: {B}\r\nHost: {A}\r\n"),("none","/accounts/sign-in/",""),("empty","/accounts/sign-in/","Host: \r\n"),
      ("xfh","/accounts/sign-in/",f"Host: {A}\r\nX-Forwarded-Host: {B}\r\n"),("abs",f"http://{B}/accounts/sign-in/",f"Host: {A}\r\n"),("absdesk",f"http://{B}/desk/",f"Host: {A}\r\n"),("star","*",f"Host: {A}\r\n"),("comma","/accounts/sign-in/",f"Host: {A}, {B}\r\n"),("space","/accounts/sign-in/",f"Host: {A} {B}\r\n"),("unders","/accounts/sign-in/",f"Host: {A}\r\nHost_: {B}\r\nX_Forwarded_Host: {B}\r\n")):
        try: o.append((n, raw(a.port, P.format(p=p,h=h))))
        except OSError as e: o.append((n, repr(e)))
    # slow connections
    socks=[]
    for i in range(200):
        s=socket.create_connection(("127.0.0.1",a.port)); s.sendall(b"POST /api/v1/cases HTTP/1.1\r\nHost: a.example.gov.cn\r\nContent-Length: 1000\r\n\r\n{"); socks.append(s)
    for k in "ba":
        t=time.time()
        try: r=offices.call(k,"/desk/",Cookie=offices.headers[k]["Cookie"]).status
        except Exception as e: r=repr(e)
        o.append(("slow200",k,r,round(time.time()-t,2)))
    for s in socks: s.close()
    # one office's user locked
    with closing(psycopg.connect(offices.superuser, autocommit=True)) as c:
        c.execute(f"ALTER ROLE {a.schema} NOLOGIN"); c.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename=%s",[a.schema])
    for k in "ab":
        t=time.time(); r=offices.call(k,"/desk/",Cookie=offices.headers[k]["Cookie"]); o.append(("nologin",k,r.status,r.text[:0],round(time.time()-t,2)))
    r=offices.run("list","FILE"); o.append(("list",r.returncode,r.stdout[-600:],r.stderr[-300:]))
    with closing(psycopg.connect(offices.superuser, autocommit=True)) as c: c.execute(f"ALTER ROLE {a.schema} LOGIN")
    t=time.time()
    while time.time()-t<40 and offices.call("a","/desk/",Cookie=offices.headers["a"]["Cookie"]).status!=200: time.sleep(0.5)
    o.append(("back after",round(time.time()-t,1)))
    # kill -9 while answering
    stop=threading.Event(); res=[]
    def load():
        while not stop.is_set():
            try: res.append(offices.file_case("a","临江花园门口堆放垃圾 %f"%time.time()))
            except Exception as e: res.append(repr(e)[:60]); time.sleep(.2)
    th=threading.Thread(target=load); th.start(); time.sleep(2)
    out=subprocess.run(["ps","-eo","pid,args"],capture_output=True,text=True).stdout
    pids=[int(l.split()[0]) for l in out.splitlines() if f" {a.port} " in l+" " and "kernel.launch" in l]
    o.append(("pids",len(pids)))
    for p in pids:
        try: os.kill(p,9)
        except OSError: pass
    tb=time.time(); rb=offices.call("b","/desk/",Cookie=offices.headers["b"]["Cookie"]).status
    o.append(("b during",rb,round(time.time()-tb,2)))
    t=time.time(); up=None
    while time.time()-t<60:
        try:
            if offices.call("a","/desk/",Cookie=offices.headers["a"]["Cookie"]).status==200: up=round(time.time()-t,1); break
        except Exception: pass
        time.sleep(.3)
    stop.set(); th.join(); nums=[x for x in res if x.startswith("20")]
    stored={r[0] for r in offices.read("a","SELECT number FROM cases_case")}
    o.append(("kill9 up after",up,"acknowledged",len(nums),"lost",len(set(nums)-stored)))
    with capsys.disabled():
        for x in o: print("R",x)
