import { readFileSync, writeFileSync, mkdirSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openPack } from '../../node/support.ts';
import { preferPlainCode } from '../../../src/cli/toolchain.ts';
import { openBuilder } from './build.ts';
import { objectStore } from './store.ts';
import { execSync } from 'node:child_process';
export async function dump(only: string[]) {
  preferPlainCode();
  const b = await openBuilder(await openPack(), 2, objectStore);
  const root='tests/corpus/files/patches/';
  const q = execSync(`find ${root} -name '*.patch'`).toString().trim().split('\n').map(x=>x.slice(root.length,-6)).sort().filter(f=>only.length===0||only.includes(f));
  const lane=async()=>{ for(let f=q.shift();f;f=q.shift()){ const t=Date.now(); const r=await b.build(f,new Uint8Array(readFileSync(root+f+'.patch')));
   if(!r.ok){const d=(r as any).diagnostics??[]; console.log('FAIL',f,r.code,d.slice(0,3).map((x:any)=>`${x.path}:${x.line}: ${x.message}`).join(' | ')||r.message+' '+(r.where??'')+' '+(r.found??''));continue;}
   const o='/root/build/corpus-work/objs/'; for(const [s,bytes] of [['pre',r.value.pre],['post',r.value.post]] as const){const p=join(o,s,r.value.path);mkdirSync(dirname(p),{recursive:true});writeFileSync(p,bytes);}
   console.log('OK',f,r.value.path,r.value.pre===r.value.post?'IDENTICAL':'',r.value.readers,(Date.now()-t)+'ms'); }};
  await Promise.all([lane(),lane()]); b.close();
}
